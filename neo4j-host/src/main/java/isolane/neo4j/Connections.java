package isolane.neo4j;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.neo4j.kernel.api.KernelTransaction;
import org.neo4j.kernel.api.KernelTransactionHandle;
import org.neo4j.kernel.api.exceptions.Status;
import org.neo4j.kernel.api.net.NetworkConnectionTracker;
import org.neo4j.kernel.api.net.TrackedNetworkConnection;
import org.neo4j.kernel.impl.api.KernelTransactions;
import org.neo4j.kernel.impl.coreapi.InternalTransaction;

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
        return endTransactions(dbms, handle -> true, milliseconds);
    }

    private static boolean endTransactions(Dbms dbms, Predicate<KernelTransactionHandle> which, long milliseconds) {
        KernelTransactions transactions = dbms.resolve(KernelTransactions.class);
        for (KernelTransactionHandle handle : transactions.executingTransactions()) {
            if (which.test(handle)) {
                handle.markForTermination(Status.Transaction.Terminated);
            }
        }
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds);
        while (transactions.executingTransactions().stream().anyMatch(KernelTransactionHandle::isClosing)) {
            if (System.nanoTime() > end) {
                return false;
            }
            LockSupport.parkNanos(200_000);
        }
        return true;
    }

    /**
     * Looks at the graph while nobody can write, then does something while nobody can begin a transaction: what was looked
     * at is what is there then.
     */
    static Contents whileAlone(Dbms dbms, long milliseconds, Work work) throws IOException {
        KernelTransactions transactions = dbms.resolve(KernelTransactions.class);
        InternalTransaction own = (InternalTransaction) dbms.graph().beginTx();
        try (own) {
            transactions.blockNewTransactions();
            try {
                KernelTransaction mine = own.kernelTransaction();
                if (!endTransactions(dbms, handle -> !handle.isUnderlyingTransaction(mine), milliseconds)) {
                    throw new Fault("FAILED", "a transaction did not end in time");
                }
                Contents contents = Contents.of(own);
                own.close();
                work.run();
                return contents;
            } finally {
                transactions.unblockNewTransactions();
            }
        }
    }

    interface Work {
        void run() throws IOException;
    }
}
