package isolane.neo4j;

import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** One worker's DBMS, cloned from the template. */
final class Lane {
    /** How a lane was made equal to the template again. */
    enum Reset {
        /** Nothing had been written. */
        NOTHING,
        /** A small graph on an empty template: its nodes and relationships were deleted. */
        DELETED,
        /** The database's files were replaced by the template's; the DBMS and its connections went on. */
        CLONED,
        /** The whole DBMS was replaced, on the same port. */
        REPLACED
    }

    /** Measured: deleting 2,000 entities takes 14 ms, 4,000 take 39 ms, and replacing the files 20 to 27 ms. */
    static final int DELETE_AT_MOST = 2_000;

    private static final long TRANSACTIONS_END_WITHIN_MS = 1_000;
    /** Nothing else is left that could hold a lock, so this ends only what hangs; a busy machine stays far below it. */
    private static final long DELETE_WITHIN_MS = 15_000;
    private static final long PORT_FREE_WITHIN_MS = 5_000;

    final String name;
    private final Path home;
    private final Template template;
    private final Dbms.Setup setup;
    private Dbms dbms;
    private Dbms.Address address;
    private Template.Store madeFrom;
    private long graphTransaction;
    private long systemTransaction;

    Lane(String name, Path home, Template template, Dbms.Setup setup) {
        this.name = name;
        this.home = home;
        this.template = template;
        this.setup = setup;
    }

    synchronized void start(Dbms.Address wanted) throws IOException {
        clone(wanted, 0);
        address = new Dbms.Address(dbms.port, wanted.advertised());
    }

    synchronized boolean isRunning() {
        return dbms != null;
    }

    synchronized Dbms dbms() {
        if (dbms == null) {
            throw new Fault("NO_LANE", "lane " + name + " is not running");
        }
        return dbms;
    }

    synchronized Reset reset(boolean closeConnections) throws IOException {
        if (dbms == null) {
            // An earlier replacement failed half-way.
            return replace();
        }
        boolean quiet = Connections.endTransactions(dbms, TRANSACTIONS_END_WITHIN_MS);
        if (closeConnections) {
            Connections.close(dbms);
        }
        if (!quiet || systemTransaction != Dbms.lastTransaction(dbms.system())) {
            return replace();
        }
        if (madeFrom.generation() != template.store().generation()) {
            return replace();
        }
        if (graphTransaction == Dbms.lastTransaction(dbms.graph())) {
            return Reset.NOTHING;
        }
        if (madeFrom.empty() && clear()) {
            remember();
            return Reset.DELETED;
        }
        try {
            swapFiles();
            return Reset.CLONED;
        } catch (IOException | RuntimeException error) {
            System.err.println("lane " + name + ": " + Fault.messageOf(error) + "; replacing it");
            return replace();
        }
    }

    synchronized Reset replace() throws IOException {
        noteLast();
        long lastOfGraph = graphTransaction;
        long lastOfSystem = systemTransaction;
        stop();
        clone(address, PORT_FREE_WITHIN_MS);
        Dbms.continueFrom(lastOfGraph, dbms.graph());
        Dbms.continueFrom(lastOfSystem, dbms.system());
        remember();
        return Reset.REPLACED;
    }

    synchronized void drop() throws IOException {
        stop();
        Folders.delete(home);
    }

    private void stop() {
        if (dbms != null) {
            dbms.stop();
            dbms = null;
        }
    }

    private boolean clear() {
        try {
            return Graph.schema(dbms.graph()).equals(madeFrom.schema())
                    && Graph.clear(dbms.graph(), DELETE_AT_MOST, DELETE_WITHIN_MS)
                    && Graph.isEmpty(dbms.graph());
        } catch (RuntimeException error) {
            System.err.println("lane " + name + ": deleting: " + Fault.messageOf(error) + "; replacing its files");
            return false;
        }
    }

    /** Stops only the database, not its DBMS: a tenth of the time, and connections stay. */
    private void swapFiles() throws IOException {
        noteLast();
        long last = graphTransaction;
        dbms.stopDatabase();
        for (String kind : new String[] {"databases", "transactions"}) {
            String part = "data/" + kind + "/" + setup.database();
            Folders.delete(home.resolve(part));
            madeFrom = template.copy(part, home.resolve(part));
        }
        dbms.startDatabase();
        Dbms.continueFrom(last, dbms.graph());
        remember();
    }

    private void remember() {
        graphTransaction = Dbms.lastTransaction(dbms.graph());
        systemTransaction = Dbms.lastTransaction(dbms.system());
    }

    private void noteLast() {
        try {
            remember();
        } catch (RuntimeException stopped) {
            // A replacement of its files failed half-way; what was noted before that still holds.
        }
    }

    /** A port that was just given up may be in use for a moment, as the source of somebody's outgoing connection. */
    private void clone(Dbms.Address wanted, long portFreeWithin) throws IOException {
        Folders.delete(home);
        madeFrom = template.copy("", home);
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(portFreeWithin);
        while (dbms == null) {
            try {
                dbms = Dbms.start(home, setup, wanted);
            } catch (RuntimeException error) {
                if (!isPortTaken(error) || System.nanoTime() > end) {
                    throw error;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
        }
        remember();
    }

    private static boolean isPortTaken(Throwable error) {
        for (Throwable each = error; each != null; each = each.getCause()) {
            if (each instanceof BindException) {
                return true;
            }
        }
        return false;
    }
}
