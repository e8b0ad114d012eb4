package isolane.neo4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.neo4j.configuration.connectors.ConnectorPortRegister;
import org.neo4j.dbms.DatabaseStateService;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;
import org.neo4j.kernel.database.Database;
import org.neo4j.kernel.internal.GraphDatabaseAPI;
import org.neo4j.storageengine.api.TransactionIdStore;

/** One running Neo4j DBMS in this process: a store folder, a default database, and a Bolt port. */
final class Dbms {
    /** What is the same for every DBMS of this host. */
    record Setup(String bindHost, String database, Path plugins, Password password) {}

    /**
     * Where a DBMS answers: its Bolt port, 0 for any free one, and the {@code host:port} by which clients reach it where
     * that is another one, as from outside of a container; else empty. Drivers that route are told the latter.
     */
    record Address(int port, String advertised) {
        /** Nobody can connect. */
        static final Address NOWHERE = new Address(-1, "");
    }

    private static final long AVAILABLE_WITHIN_MS = 30_000;

    final int port;
    private final Setup setup;
    private final DatabaseManagementService service;

    private Dbms(Setup setup, DatabaseManagementService service, Address address) {
        this.setup = setup;
        this.service = service;
        this.port = address == Address.NOWHERE
                ? -1
                : Release.RUNNING.boltPort(resolve(ConnectorPortRegister.class));
    }

    /** Starts on the store in {@code home}, or on a new one. */
    static Dbms start(Path home, Setup setup, Address address) throws IOException {
        Files.createDirectories(home);
        Path configuration = home.resolve("neo4j.conf");
        Settings.write(configuration, home, setup, address);
        DatabaseManagementService service = new DatabaseManagementServiceBuilder(home)
                .loadPropertiesFromFile(configuration)
                .build();
        try {
            Dbms dbms = new Dbms(setup, service, address);
            dbms.awaitAvailable();
            setup.password().applyTo(dbms.system());
            return dbms;
        } catch (RuntimeException error) {
            service.shutdown();
            throw error;
        }
    }

    /** Stops the default database only; connections stay. */
    void stopDatabase() {
        CleanupWait.cutShort(service, setup.database());
        resolve(Database.class).stop();
    }

    void startDatabase() {
        resolve(Database.class).start();
        awaitAvailable();
    }

    private void awaitAvailable() {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(AVAILABLE_WITHIN_MS);
        while (!graph().isAvailable(100)) {
            Throwable cause = whyItFailed();
            if (cause != null || System.nanoTime() > end) {
                throw new Fault("FAILED", "database " + setup.database() + " did not become available", cause);
            }
        }
    }

    private Throwable whyItFailed() {
        return system().getDependencyResolver()
                .resolveDependency(DatabaseStateService.class)
                .causeOfFailure(graph().databaseId())
                .orElse(null);
    }

    void stop() {
        CleanupWait.cutShort(service, setup.database());
        CleanupWait.cutShort(service, "system");
        service.shutdown();
    }

    GraphDatabaseAPI graph() {
        return (GraphDatabaseAPI) service.database(setup.database());
    }

    GraphDatabaseAPI system() {
        return (GraphDatabaseAPI) service.database("system");
    }

    /** One of the parts that make up the default database. */
    <T> T resolve(Class<T> type) {
        return graph().getDependencyResolver().resolveDependency(type);
    }

    /** Grows with every commit, so an unchanged number means that nothing was written. */
    static long lastTransaction(GraphDatabaseAPI database) {
        return database.getDependencyResolver()
                .resolveDependency(TransactionIdStore.class)
                .getLastCommittedTransactionId();
    }

    /**
     * Numbers the next transactions from {@code number} on. Drivers remember the number of what they last wrote, and a
     * store that was cloned anew would seem to them to lag behind: they would wait for it, then fail.
     */
    static void continueFrom(long number, GraphDatabaseAPI database) {
        TransactionIdStore store = database.getDependencyResolver().resolveDependency(TransactionIdStore.class);
        if (number > store.getLastCommittedTransactionId()) {
            Release.RUNNING.continueFrom(number, store);
        }
    }
}
