package isolane.neo4j;

import org.neo4j.configuration.connectors.ConnectorPortRegister;
import org.neo4j.graphdb.Entity;
import org.neo4j.graphdb.spatial.Point;
import org.neo4j.kernel.internal.Version;
import org.neo4j.storageengine.api.TransactionIdStore;

/** What Neo4j 4.4 has otherwise than all that came after it; the rest of the host is the same for both. */
interface Release {
    /** The one whose jars these are. The other's class is never loaded. */
    Release RUNNING = Version.getNeo4jVersion().startsWith("4.") ? new Release4() : new Release5();

    /** The name that a setting of Neo4j 5 has here. */
    String setting(String name);

    int boltPort(ConnectorPortRegister register);

    /** A password as the system graph keeps it. */
    String credential(byte[] password);

    /** What tells an entity from others of its kind in one store. */
    String numberOf(Entity entity);

    double[] coordinates(Point point);

    /** See {@link Dbms#continueFrom}. */
    void continueFrom(long number, TransactionIdStore store);
}
