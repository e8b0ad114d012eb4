package isolane.neo4j;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An environment's DBMS, whose data outlive this process. Its folder holds homes, of which {@link Mark} names the one in use:
 * whatever replaces data is made whole in the next home first.
 */
final class Environment implements Slice {
    private static final long TRANSACTIONS_END_WITHIN_MS = 1_000;
    private static final long PORT_FREE_WITHIN_MS = 5_000;
    private static final String HOME = "home-";
    /** Of a state: the record of the data in it. */
    static final String RECORD = "record";

    private final String name;
    private final Path folder;
    private final Template template;
    private final Dbms.Setup shared;
    private Mark mark;
    private Dbms.Setup setup;
    private Dbms.Address address;
    private Dbms dbms;

    Environment(String name, Path folder, Template template, Dbms.Setup shared) throws IOException {
        this.name = name;
        this.folder = folder;
        this.template = template;
        this.shared = shared;
        this.mark = Mark.read(folder);
        if (mark == null && Files.exists(folder)) {
            throw new Fault("NOT_OURS", folder + " is there, without the file that says that Isolane made it");
        }
        if (mark != null && !mark.environment().equals(name)) {
            throw new Fault("NOT_OURS", folder + " has the data of " + mark.environment());
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Path states() {
        return folder.resolve("states");
    }

    /** Null when there is none yet. */
    synchronized Mark mark() {
        return mark;
    }

    @Override
    public synchronized Dbms dbms() {
        if (dbms == null) {
            throw new Fault("NOT_RUNNING", "environment " + name + " is not running");
        }
        return dbms;
    }

    /** Starts it on what is there, or first makes it what the template is. */
    synchronized void open(String database, Dbms.Address wanted, Password password) throws IOException {
        if (mark != null && !mark.database().equals(database)) {
            throw new Fault("NOT_OURS", folder + " has a database called " + mark.database() + ", not " + database);
        }
        if (dbms != null && wanted.equals(address)) {
            if (!password.isSameAs(setup.password())) {
                use(password);
            }
            return;
        }
        stop();
        if (mark == null) {
            make(database);
        }
        deleteLeftovers();
        address = wanted;
        setup = shared.ofEnvironment(database, password);
        start(0);
    }

    /** Makes it what the template is. */
    synchronized void wipe() throws IOException {
        Path next = nextHome();
        String record = template.copyAs(mark.database(), next);
        Folders.sync(next);
        Path before = home();
        exchange(next, record, () -> {});
        deleteSoon(before);
    }

    /** What runs on the data from now on is in their record. */
    synchronized void record(String record) throws IOException {
        Mark next = mark.withRecord(record);
        next.write(folder);
        mark = next;
    }

    /** Gives it another password, and ends connections that were made with the old one. */
    synchronized void rotate(Password password, long rotation) throws IOException {
        dbms();
        Mark next = mark.withRotation(rotation);
        next.write(folder);
        mark = next;
        use(password);
    }

    private void use(Password password) {
        password.applyTo(dbms.system());
        setup = shared.ofEnvironment(mark.database(), password);
        Connections.close(dbms);
    }

    /** In good order, so that the next start has nothing to recover. */
    synchronized void stop() {
        if (dbms != null) {
            dbms.stop();
            dbms = null;
        }
    }

    @Override
    public long size() throws IOException {
        return DatabaseFiles.size(home(), mark.database());
    }

    @Override
    public synchronized void copyTo(Path state) throws IOException {
        dbms().whileStopped(() -> DatabaseFiles.copyOut(home(), mark.database(), state));
        Files.writeString(state.resolve(RECORD), mark.record());
    }

    @Override
    public synchronized Contents copyAndLook(Path state) throws IOException {
        return Connections.whileAlone(dbms(), TRANSACTIONS_END_WITHIN_MS, () -> copyTo(state));
    }

    /** A state that came from elsewhere has no record: that of the data before is as good as any. */
    @Override
    public synchronized void use(Path state, Path before) throws IOException {
        String database = mark.database();
        Path next = nextHome();
        DatabaseFiles.copyIn(state, next, database);
        Path last = home();
        String lastRecord = mark.record();
        Path itsRecord = state.resolve(RECORD);
        exchange(next, Files.exists(itsRecord) ? Files.readString(itsRecord) : lastRecord, () -> {
            for (String part : DatabaseFiles.SYSTEM) {
                Folders.copy(last.resolve(part), next.resolve(part));
            }
            Folders.sync(next);
        });
        try {
            DatabaseFiles.moveOut(last, database, before);
            Files.writeString(before.resolve(RECORD), lastRecord);
        } catch (IOException | RuntimeException error) {
            goBack(error, () -> {
                DatabaseFiles.moveBack(before, last, database);
                exchange(last, lastRecord, () -> {});
                deleteSoon(next);
            });
            throw error;
        }
        deleteSoon(last);
    }

    /** Whoever can go neither forth nor back opens it anew, as its folder then has it. */
    private void goBack(Exception error, Connections.Work way) {
        try {
            way.run();
        } catch (IOException | RuntimeException second) {
            error.addSuppressed(second);
            String why = "environment " + name + " can be brought neither forth nor back: " + Fault.messageOf(second);
            throw new Fault("STATE_LOST", why, error);
        }
    }

    /** @param whileStopped what is left to do in the next home */
    private void exchange(Path next, String record, Connections.Work whileStopped) throws IOException {
        Dbms running = dbms();
        Mark before = mark;
        Connections.endTransactions(running, TRANSACTIONS_END_WITHIN_MS);
        long lastOfGraph = Dbms.lastTransaction(running.graph());
        long lastOfSystem = Dbms.lastTransaction(running.system());
        try {
            stop();
            whileStopped.run();
            Mark after = mark.withHome(next.getFileName().toString(), record);
            after.write(folder);
            mark = after;
            start(PORT_FREE_WITHIN_MS);
            dbms.continueFrom(lastOfGraph, lastOfSystem);
        } catch (IOException | RuntimeException error) {
            goBack(error, () -> {
                stop();
                before.write(folder);
                mark = before;
                start(PORT_FREE_WITHIN_MS);
                deleteSoon(next);
            });
            throw error;
        }
    }

    private void start(long portFreeWithin) throws IOException {
        Ports.awaitFree(setup.bindHost(), address, portFreeWithin);
        dbms = Dbms.start(home(), setup, address);
        try {
            dbms.forgetDatabase(shared.database());
        } catch (RuntimeException error) {
            stop();
            throw error;
        }
    }

    /** Under another name until it is whole, and on the disk. */
    private void make(String database) throws IOException {
        Path making = folder.resolveSibling("." + name + ".making");
        Folders.delete(making);
        String record = template.copyAs(database, making.resolve(HOME + 1));
        Mark made = new Mark(name, database, HOME + 1, record, 0);
        made.write(making);
        Folders.sync(making);
        Folders.move(making, folder);
        Folders.syncOne(folder.getParent());
        mark = made;
    }

    private Path home() {
        return folder.resolve(mark.home());
    }

    private Path nextHome() throws IOException {
        Path next = folder.resolve(HOME + (Long.parseLong(mark.home().substring(HOME.length())) + 1));
        Folders.delete(next);
        return next;
    }

    /** What can't be deleted now is by the next start. */
    private void deleteSoon(Path unused) {
        try {
            Folders.delete(unused);
        } catch (IOException error) {
            System.err.println("environment " + name + ": " + Fault.messageOf(error));
        }
    }

    /** Of a process that was killed. */
    private void deleteLeftovers() throws IOException {
        Folders.delete(states());
        try (DirectoryStream<Path> homes = Files.newDirectoryStream(folder, HOME + "*")) {
            for (Path each : homes) {
                if (!each.equals(home())) {
                    Folders.delete(each);
                }
            }
        }
    }
}
