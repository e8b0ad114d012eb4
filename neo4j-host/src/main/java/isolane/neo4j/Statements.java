package isolane.neo4j;

import java.util.Map;
import org.neo4j.graphdb.QueryExecutionException;
import org.neo4j.kernel.internal.GraphDatabaseAPI;

/** Migration statements, each in a transaction of its own, as {@code CALL … IN TRANSACTIONS} needs it. */
final class Statements {
    private Statements() {}

    static void run(Dbms dbms, String statement) {
        try {
            execute(dbms.graph(), statement);
        } catch (QueryExecutionException error) {
            // As over Bolt: CREATE USER and its like find their way to the system database.
            if (!isForSystem(error)) {
                throw error;
            }
            execute(dbms.system(), statement);
        }
    }

    private static void execute(GraphDatabaseAPI database, String statement) {
        // Rows are made as they are read: unread, `RETURN 1 / 0` would not fail.
        database.executeTransactionally(statement, Map.of(), rows -> rows.stream().count());
    }

    private static boolean isForSystem(QueryExecutionException error) {
        return error.getStatusCode().endsWith("NotSystemDatabaseError")
                || String.valueOf(error.getMessage()).contains("system database");
    }
}
