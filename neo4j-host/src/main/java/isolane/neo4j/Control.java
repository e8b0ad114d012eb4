package isolane.neo4j;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
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
 * their request's {@code id} and come in the order in which the work is done. A first line that names a {@code stream} is
 * for {@link Streams}.
 */
final class Control {
    private static final int LONGEST_FIRST_LINE = 8_192;

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
                InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
                OutputStream out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16)) {
            Map<String, Object> first = first(in);
            if (first == null) {
                return;
            }
            if (first.containsKey("stream")) {
                new Streams(operations).serve(first, socket, in, out);
            } else {
                converse(in, out);
            }
        } catch (IOException gone) {
            // Whoever asked has ended; the work itself goes on.
        }
    }

    private void converse(InputStream in, OutputStream out) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        BufferedWriter answers = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String request = line;
            threads.execute(() -> answer(request, answers));
        }
    }

    /** @return null when it lacks the token */
    private Map<String, Object> first(InputStream in) throws IOException {
        try {
            Map<String, Object> first = Json.object(Frames.line(in, LONGEST_FIRST_LINE));
            boolean allowed = first.get("token") instanceof String given
                    && MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), token);
            return allowed ? first : null;
        } catch (RuntimeException notJson) {
            return null;
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
