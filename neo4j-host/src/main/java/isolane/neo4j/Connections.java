package isolane.neo4j;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.neo4j.kernel.api.KernelTransactionHandle;
import org.neo4j.kernel.api.exceptions.Status;
import org.neo4j.kernel.api.net.NetworkConnectionTracker;
import org.neo4j.kernel.api.net.TrackedNetworkConnection;
import org.neo4j.kernel.impl.api.KernelTransactions;

/** Who still talks to a DBMS. */
final class Connections {
    private Connections() {}

    static int count(Dbms dbms) {
        return dbms.resolve(NetworkConnectionTracker.class).activeConnections().size();
    }

    static void close(Dbms dbms) {
        for (TrackedNetworkConnection connection :
                dbms.resolve(NetworkConnectionTracker.class).activeConnections()) {
            connection.close();
        }
    }

    /**
     * Ends every open transaction: it loses its locks and can't commit any more, even where its client is idle.
     *
     * @return false when one was still committing or rolling back after the given time
     */
    static boolean endTransactions(Dbms dbms, long milliseconds) {
        KernelTransactions transactions = dbms.resolve(KernelTransactions.class);
        for (KernelTransactionHandle handle : transactions.activeTransactions()) {
            handle.markForTermination(Status.Transaction.Terminated);
        }
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds);
        while (transactions.activeTransactions().stream().anyMatch(KernelTransactionHandle::isClosing)) {
            if (System.nanoTime() > end) {
                return false;
            }
            LockSupport.parkNanos(200_000);
        }
        return true;
    }
}
