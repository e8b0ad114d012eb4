package isolane.neo4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.neo4j.configuration.connectors.ConnectorPortRegister;
import org.neo4j.dbms.DatabaseStateService;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;
import org.neo4j.graphdb.Label;
import org.neo4j.graphdb.Node;
import org.neo4j.graphdb.Transaction;
import org.neo4j.kernel.database.Database;
import org.neo4j.kernel.impl.transaction.log.checkpoint.CheckPointer;
import org.neo4j.kernel.impl.transaction.log.checkpoint.SimpleTriggerInfo;
import org.neo4j.kernel.internal.GraphDatabaseAPI;
import org.neo4j.storageengine.api.TransactionIdStore;

/** One running Neo4j DBMS in this process: a store folder, a default database, and a Bolt port. */
final class Dbms {
    /** What is the same for every lane of this host. Of an environment, database and password are its own. */
    record Setup(String bindHost, String database, Path plugins, Password password, boolean kept) {
        Setup ofEnvironment(String label, Password own) {
            return new Setup(bindHost, label, plugins, own, true);
        }
    }

    /**
     * Where a DBMS answers: its Bolt port, 0 for any free one, and the {@code host:port} by which clients reach it where
     * that is another one, as from outside of a container; else empty. Drivers that route are told the latter. The same
     * for HTTP, where 0 stands for none.
     */
    record Address(int port, String advertised, int http, String httpAdvertised) {
        /** Nobody can connect. */
        static final Address NOWHERE = new Address(-1, "", 0, "");
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

    /** Does something with the files of the stopped default database; connections stay. */
    void whileStopped(Connections.Work work) throws IOException {
        long last = lastTransaction(graph());
        try {
            stopDatabase();
            work.run();
        } finally {
            startDatabase();
        }
        continueFrom(last, graph());
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

    /** A store that was cloned from another's still lists the other's database, which is not there. */
    void forgetDatabase(String name) {
        if (name.equals(setup.database())) {
            return;
        }
        try (Transaction transaction = system().beginTx()) {
            for (String label : List.of("DatabaseName", "Database")) {
                Node node = transaction.findNode(Label.label(label), "name", name);
                if (node != null) {
                    node.getRelationships().forEach(relationship -> relationship.delete());
                    node.delete();
                }
            }
            transaction.commit();
        }
    }

    /** As the other, for both databases, and on the disk. */
    void continueFrom(long numberOfGraph, long numberOfSystem) throws IOException {
        continueFrom(numberOfGraph, graph());
        continueFrom(numberOfSystem, system());
        for (GraphDatabaseAPI database : List.of(graph(), system())) {
            database.getDependencyResolver()
                    .resolveDependency(CheckPointer.class)
                    .forceCheckPoint(new SimpleTriggerInfo("isolane"));
        }
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
