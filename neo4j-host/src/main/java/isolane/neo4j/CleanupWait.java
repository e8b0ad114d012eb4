package isolane.neo4j;

import java.lang.reflect.Field;
import java.util.Queue;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.index.internal.gbptree.CleanupJob;
import org.neo4j.index.internal.gbptree.RecoveryCleanupWorkCollector;
import org.neo4j.kernel.internal.GraphDatabaseAPI;

/**
 * In Neo4j 5 a database that was just started waits up to 100 ms for more clean-up work, though none can come any more;
 * one that is stopped within that time waits it out. A piece of work that does nothing ends the wait. Newer versions wait
 * 5 ms.
 */
final class CleanupWait {
    private CleanupWait() {}

    static void cutShort(DatabaseManagementService service, String database) {
        try {
            RecoveryCleanupWorkCollector collector =
                    ((GraphDatabaseAPI) service.database(database))
                            .getDependencyResolver()
                            .resolveDependency(RecoveryCleanupWorkCollector.class);
            Field field = collector.getClass().getDeclaredField("jobs");
            field.setAccessible(true);
            @SuppressWarnings("unchecked")
            Queue<CleanupJob> jobs = (Queue<CleanupJob>) field.get(collector);
            jobs.add(CleanupJob.CLEAN);
        } catch (ReflectiveOperationException | RuntimeException otherVersionOrStopped) {
            // It only takes longer.
        }
    }
}
