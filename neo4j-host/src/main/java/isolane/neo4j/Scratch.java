package isolane.neo4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.neo4j.graphdb.Transaction;

/** A DBMS that nobody can connect to, to see what is in a state before anybody relies on it. */
final class Scratch {
    private Scratch() {}

    /** The state is afterwards as this version of Neo4j writes it. */
    static Contents look(Path state, Template template, Dbms.Setup setup) throws IOException {
        Path home = state.resolveSibling(state.getFileName() + ".scratch");
        Folders.delete(home);
        try {
            template.copySystem(home);
            DatabaseFiles.moveIn(state, home, setup.database());
            Dbms dbms = Dbms.start(home, setup, Dbms.Address.NOWHERE);
            Contents contents;
            try (Transaction transaction = dbms.graph().beginTx()) {
                contents = Contents.of(transaction);
            } finally {
                dbms.stop();
            }
            DatabaseFiles.moveOut(home, setup.database(), state);
            // Only whoever runs on them needs it.
            Files.deleteIfExists(state.resolve("databases").resolve("database_lock"));
            return contents;
        } finally {
            Folders.delete(home);
        }
    }
}
