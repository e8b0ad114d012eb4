package isolane.neo4j;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.neo4j.cli.AdminTool;
import org.neo4j.cli.ExecutionContext;
import org.neo4j.io.fs.DefaultFileSystemAbstraction;

/** Neo4j 5.26 opens a store of 4.4 only once it was migrated, which {@code neo4j-admin database migrate} does. */
final class Migration {
    private Migration() {}

    /** Migrates the store of a DBMS that does not run. B-tree indexes, which 5 does not have, become range indexes. */
    static void run(Path home, Dbms.Setup setup) throws IOException {
        Settings.write(home.resolve("neo4j.conf"), home, setup, Dbms.Address.NOWHERE);
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (DefaultFileSystemAbstraction files = new DefaultFileSystemAbstraction();
                PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            int exit = AdminTool.execute(
                    new ExecutionContext(home, home, out, out, files),
                    "database",
                    "migrate",
                    "--force-btree-indexes-to-range",
                    setup.database());
            if (exit != 0) {
                throw new Fault("FAILED", "migrating the store ended with exit code " + exit + ": "
                        + said.toString(StandardCharsets.UTF_8).strip());
            }
        }
    }
}
