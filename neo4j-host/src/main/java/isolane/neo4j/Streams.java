package isolane.neo4j;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A connection of the control channel that carries one state, or a part of one: its first line says, besides the token,
 * {@code {"stream": "read", "state": …, "part": …}} or {@code {"stream": "write", "lane": …}}; without a lane it is for the
 * template. {@code {"stream": "graph", "lane": …}} makes one of what {@link Import} reads. Reading, the answer's line comes before the bytes; writing, after them.
 */
final class Streams {
    private static final int PATIENCE_MS = 60_000;

    private final Operations operations;
    private final States states;

    Streams(Operations operations) {
        this.operations = operations;
        this.states = operations.states;
    }

    void serve(Map<String, Object> request, Socket socket, InputStream in, OutputStream out) throws IOException {
        socket.setSoTimeout(PATIENCE_MS);
        try {
            if ("read".equals(request.get("stream"))) {
                read(request, out);
            } else {
                Frames.line(Map.of("result", Map.of("state", write(request, in))), out);
            }
            out.flush();
        } catch (IOException | RuntimeException error) {
            Frames.line(Map.of("error", Map.of("code", codeOf(error), "message", Fault.messageOf(error))), out);
            out.flush();
            socket.shutdownOutput();
            // What is unread when a connection is closed takes the answer with it.
            in.transferTo(OutputStream.nullOutputStream());
        }
    }

    private void read(Map<String, Object> request, OutputStream out) throws IOException {
        Path state = states.at(String.valueOf(request.get("state")));
        if (States.CONTENTS.equals(request.get("part"))) {
            Path file = state.resolve(States.CONTENTS);
            Frames.line(Map.of("result", Map.of("size", Files.size(file))), out);
            Files.copy(file, out);
        } else {
            Frames.line(Map.of("result", Map.of()), out);
            Frames.write(state, out);
        }
    }

    private String write(Map<String, Object> request, InputStream in) throws IOException {
        String state = request.containsKey("lane") ? states.create(operations.slice(request)) : states.createForTemplate();
        try {
            if ("graph".equals(request.get("stream"))) {
                Import.run(in, states.at(state), operations.setup);
            } else {
                Frames.read(in, states.at(state));
            }
            return state;
        } catch (IOException | RuntimeException error) {
            states.drop(state);
            throw error;
        }
    }

    private static String codeOf(Throwable error) {
        return error instanceof EOFException ? "DAMAGED" : Fault.codeOf(error);
    }
}
