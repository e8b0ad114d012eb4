package isolane.neo4j;

import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** One worker's DBMS, cloned from the template. */
final class Lane implements Slice {
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

    private final String name;
    private final Path home;
    private final Path states;
    private final Template template;
    private final Dbms.Setup setup;
    private Dbms dbms;
    private Dbms.Address address;
    private Template.Store madeFrom;
    private long graphTransaction;
    private long systemTransaction;
    /** Whether its database's files are others than those that were cloned from the template. */
    private boolean restored;

    /** @param folder that lanes lie in */
    Lane(String name, Path folder, Template template, Dbms.Setup setup) {
        this.name = name;
        this.home = folder.resolve("lanes").resolve(name);
        this.states = folder.resolve("states").resolve(name);
        this.template = template;
        this.setup = setup;
    }

    synchronized void start(Dbms.Address wanted) throws IOException {
        clone(wanted, 0);
        address = new Dbms.Address(dbms.port, wanted.advertised(), 0, "");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Path states() {
        return states;
    }

    synchronized boolean isRunning() {
        return dbms != null;
    }

    @Override
    public synchronized Dbms dbms() {
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
        if (!restored && graphTransaction == Dbms.lastTransaction(dbms.graph())) {
            return Reset.NOTHING;
        }
        if (!restored && madeFrom.empty() && clear()) {
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

    @Override
    public long size() throws IOException {
        return DatabaseFiles.size(home, setup.database());
    }

    @Override
    public synchronized void copyTo(Path state) throws IOException {
        dbms().whileStopped(() -> DatabaseFiles.copyOut(home, setup.database(), state));
    }

    @Override
    public synchronized Contents copyAndLook(Path state) throws IOException {
        return Connections.whileAlone(dbms(), TRANSACTIONS_END_WITHIN_MS, () -> copyTo(state));
    }

    /** When what it had can't be put back, it is stopped, and is made anew by its next {@link #reset}: {@code STATE_LOST}. */
    @Override
    public synchronized void use(Path state, Path before) throws IOException {
        String database = setup.database();
        AtomicBoolean lost = new AtomicBoolean();
        try {
            dbms().whileStopped(() -> {
                try {
                    DatabaseFiles.moveOut(home, database, before);
                    DatabaseFiles.copyIn(state, home, database);
                    dbms.startDatabase();
                } catch (IOException | RuntimeException error) {
                    lost.set(true);
                    dbms.stopDatabase();
                    DatabaseFiles.moveIn(before, home, database);
                    lost.set(false);
                    throw error;
                }
            });
        } catch (IOException | RuntimeException error) {
            if (lost.get()) {
                stop();
                throw new Fault("STATE_LOST", "what the lane had could not be put back", error);
            }
            throw error;
        }
        restored = true;
    }

    /** Stops only the database, not its DBMS: a tenth of the time, and connections stay. */
    private void swapFiles() throws IOException {
        noteLast();
        long last = graphTransaction;
        dbms.stopDatabase();
        for (String kind : DatabaseFiles.KINDS) {
            Path files = DatabaseFiles.at(home, kind, setup.database());
            Folders.delete(files);
            madeFrom = template.copy(home.relativize(files).toString(), files);
        }
        dbms.startDatabase();
        Dbms.continueFrom(last, dbms.graph());
        remember();
        restored = false;
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
        restored = false;
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
