package isolane.neo4j;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The private channel: one JSON object a line in either direction, the first one {@code {"token": …}}. Answers carry
 * their request's {@code id} and come in the order in which the work is done.
 */
final class Control {
    private final ServerSocket server;
    private final byte[] token;
    private final Operations operations;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "isolane-control");
        thread.setDaemon(true);
        return thread;
    });

    Control(String host, int port, String token, Operations operations) throws IOException {
        this.server = new ServerSocket(port, 50, InetAddress.getByName(host));
        this.token = token.getBytes(StandardCharsets.UTF_8);
        this.operations = operations;
    }

    int port() {
        return server.getLocalPort();
    }

    /** Accepts until the process ends. */
    void serve() throws IOException {
        while (true) {
            Socket socket = server.accept();
            socket.setTcpNoDelay(true);
            threads.execute(() -> converse(socket));
        }
    }

    private void converse(Socket socket) {
        try (socket;
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
                BufferedWriter out =
                        new BufferedWriter(new OutputStreamWriter(socket.getOutputStream(), StandardCharsets.UTF_8))) {
            if (!isAllowed(in.readLine())) {
                return;
            }
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String request = line;
                threads.execute(() -> answer(request, out));
            }
        } catch (IOException gone) {
            // Whoever asked has ended; the work itself goes on.
        }
    }

    private boolean isAllowed(String line) {
        try {
            return line != null
                    && Json.object(line).get("token") instanceof String given
                    && MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), token);
        } catch (RuntimeException notJson) {
            return false;
        }
    }

    private void answer(String line, BufferedWriter out) {
        Map<String, Object> answer = new LinkedHashMap<>();
        try {
            Map<String, Object> request = Json.object(line);
            answer.put("id", request.get("id"));
            answer.put("result", operations.run(String.valueOf(request.get("operation")), request));
        } catch (Throwable error) {
            answer.put("error", Map.of("code", Fault.codeOf(error), "message", Fault.messageOf(error)));
        }
        try {
            synchronized (out) {
                out.write(Json.write(answer));
                out.write('\n');
                out.flush();
            }
        } catch (IOException gone) {
            // As above.
        }
    }
}
