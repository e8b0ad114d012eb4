package isolane.neo4j;

import org.neo4j.configuration.connectors.ConnectorPortRegister;
import org.neo4j.configuration.connectors.ConnectorType;
import org.neo4j.graphdb.Entity;
import org.neo4j.graphdb.spatial.Point;
import org.neo4j.kernel.impl.transaction.log.AppendBatchInfo;
import org.neo4j.server.security.SecureHasher;
import org.neo4j.server.security.SystemGraphCredential;
import org.neo4j.storageengine.api.TransactionId;
import org.neo4j.storageengine.api.TransactionIdStore;

/** Neo4j 5.26 and newer. */
final class Release5 implements Release {
    @Override
    public String setting(String name) {
        return name;
    }

    @Override
    public int boltPort(ConnectorPortRegister register) {
        return register.getLocalAddress(ConnectorType.BOLT).getPort();
    }

    @Override
    public String credential(byte[] password) {
        return SystemGraphCredential.createCredentialForPassword(password, new SecureHasher()).serialize();
    }

    /** Element ids begin with what names the DBMS, which differs between those that have the same store. */
    @Override
    public String numberOf(Entity entity) {
        String id = entity.getElementId();
        return id.substring(id.lastIndexOf(':') + 1);
    }

    @Override
    public double[] coordinates(Point point) {
        return point.getCoordinate().getCoordinate();
    }

    @Override
    public void continueFrom(long number, TransactionIdStore store) {
        TransactionId last = store.getLastCommittedTransaction();
        AppendBatchInfo batch = store.getLastCommittedBatch();
        store.setLastCommittedAndClosedTransactionId(
                number,
                last.appendIndex(),
                last.kernelVersion(),
                last.checksum(),
                last.commitTimestamp(),
                last.consensusIndex(),
                batch.logPositionAfter().getByteOffset(),
                batch.logPositionAfter().getLogVersion(),
                batch.appendIndex());
    }
}
