package isolane.neo4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.neo4j.kernel.internal.Version;

/** The store that lanes are cloned from: built by a running DBMS, then stopped and never written again. */
final class Template {
    /**
     * What is known of a finished template.
     *
     * @param record of its data, for environments that are made from it
     * @param generation tells lanes of an older one from those of the newest
     */
    record Store(Path home, String fingerprint, String record, boolean empty, List<String> schema, int generation) {}

    private static final String MARK = "isolane.json";

    private final Path folder;
    private final Path building;
    private final Path base;
    private final Dbms.Setup setup;
    private final boolean lasting;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private Store store;
    private Dbms builder;

    /**
     * @param base an empty store to begin from, or null
     * @param lasting whether environments are made from it, which last
     */
    Template(Path data, Path base, Dbms.Setup setup, boolean lasting) throws IOException {
        this.folder = data.resolve("template");
        this.building = data.resolve("template.building");
        this.base = base;
        this.setup = setup;
        this.lasting = lasting;
        Folders.delete(building);
        store = read();
    }

    /**
     * @param state files of a database to begin with, which are taken from there; null for an empty one. Neo4j upgrades them
     *     where it has to and can
     * @param migrate whether it can't before they went through {@link Migration}
     */
    synchronized Dbms open(Dbms.Address address, Path state, boolean migrate) throws IOException {
        if (builder != null) {
            throw new Fault("FAILED", "the template is being built already");
        }
        Folders.delete(building);
        if (base != null && setup.database().equals("neo4j") && Files.isDirectory(base)) {
            Folders.copy(base, building);
        }
        if (state != null) {
            DatabaseFiles.moveIn(state, building, setup.database());
            if (migrate) {
                Migration.run(building, setup);
            }
        }
        builder = Dbms.start(building, setup, address);
        return builder;
    }

    /** @return the DBMS that migrations run on */
    synchronized Dbms builder() {
        if (builder == null) {
            throw new Fault("FAILED", "no template is being built");
        }
        return builder;
    }

    /** Stops the DBMS; its store becomes the one that lanes are cloned from. */
    synchronized Store finish(String fingerprint, String record) throws IOException {
        Dbms running = builder();
        Connections.endTransactions(running, 1_000);
        Graph.awaitIndexes(running.graph());
        Map<String, Object> mark = new LinkedHashMap<>();
        mark.put("fingerprint", fingerprint);
        mark.put("record", record);
        mark.put("version", Version.getNeo4jVersion());
        mark.put("database", setup.database());
        mark.put("empty", Graph.isEmpty(running.graph()));
        mark.put("schema", Graph.schema(running.graph()));
        discard(false);
        Files.writeString(building.resolve(MARK), Json.write(mark));
        if (lasting) {
            Folders.sync(building);
        }
        lock.writeLock().lock();
        try {
            Folders.delete(folder);
            Folders.move(building, folder);
            int generation = store == null ? 1 : store.generation() + 1;
            store = read();
            store = new Store(
                    store.home(), store.fingerprint(), store.record(), store.empty(), store.schema(), generation);
            return store;
        } finally {
            lock.writeLock().unlock();
        }
    }

    synchronized void discard(boolean deleteStore) throws IOException {
        if (builder != null) {
            builder.stop();
            builder = null;
        }
        if (deleteStore) {
            Folders.delete(building);
        }
    }

    /** The finished template, or null. */
    Store store() {
        return store;
    }

    /** Copies the folder {@code part} of the template's store ({@code ""} for all of it) to {@code to}. */
    Store copy(String part, Path to) throws IOException {
        lock.readLock().lock();
        try {
            if (store == null) {
                throw new Fault("FAILED", "there is no template to clone lanes from");
            }
            Folders.copy(store.home().resolve(part), to);
            return store;
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * Copies everything, its database under another name, and of one template, though another be finished meanwhile.
     *
     * @return the record of the data
     */
    String copyAs(String database, Path home) throws IOException {
        lock.readLock().lock();
        try {
            copySystem(home);
            for (String kind : DatabaseFiles.KINDS) {
                Path files = DatabaseFiles.at(home, kind, setup.database());
                copy(home.relativize(files).toString(), DatabaseFiles.at(home, kind, database));
            }
            return store.record();
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Copies what a DBMS needs besides its database: a home begins with it. */
    void copySystem(Path home) throws IOException {
        for (String part : DatabaseFiles.SYSTEM) {
            Path to = home.resolve(part);
            Files.createDirectories(to.getParent());
            copy(part, to);
        }
    }

    /** Another version's store, or another database name's, is as good as none. */
    private Store read() throws IOException {
        Path file = folder.resolve(MARK);
        if (!Files.isRegularFile(file)) {
            return null;
        }
        Map<String, Object> mark = Json.object(Files.readString(file));
        if (!Version.getNeo4jVersion().equals(mark.get("version")) || !setup.database().equals(mark.get("database"))) {
            return null;
        }
        List<String> schema = ((List<?>) mark.get("schema")).stream().map(String::valueOf).toList();
        return new Store(
                folder,
                String.valueOf(mark.get("fingerprint")),
                String.valueOf(mark.get("record")),
                mark.get("empty") == Boolean.TRUE,
                schema,
                1);
    }
}
