package isolane.neo4j;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Ports are tried before a DBMS starts on them: it would only say that one of them can't be had. */
final class Ports {
    private Ports() {}

    /** A port that was just given up may be in use for a moment, as the source of somebody's outgoing connection. */
    static void awaitFree(String host, Dbms.Address address, long milliseconds) throws IOException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds);
        for (int port : new int[] {address.port(), address.http()}) {
            while (!isFree(host, port)) {
                if (System.nanoTime() > end) {
                    throw new Fault("PORT_TAKEN", String.valueOf(port));
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
        }
    }

    private static boolean isFree(String host, int port) throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
            return true;
        } catch (BindException taken) {
            return false;
        }
    }
}
