package isolane.neo4j;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A state's files as one stream: for each a line {@code {"path":…,"size":…}} and that many bytes, then a line
 * {@code {"files":…}} with how many there were. Paths begin with {@code databases} or {@code transactions}. This is the
 * file {@code store} of a snapshot.
 */
final class Frames {
    private static final Pattern PATH =
            Pattern.compile("(databases|transactions)(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}){1,20}");
    private static final int LONGEST_LINE = 8_192;
    private static final int PIECE = 1 << 16;

    private Frames() {}

    static void write(Path state, OutputStream out) throws IOException {
        int count = 0;
        for (String kind : DatabaseFiles.KINDS) {
            for (Path file : filesIn(state.resolve(kind))) {
                // As a URL path: with slashes everywhere.
                String path = state.toUri().relativize(file.toUri()).getPath();
                line(Map.of("path", path, "size", Files.size(file)), out);
                Files.copy(file, out);
                count += 1;
            }
        }
        line(Map.of("files", count), out);
    }

    /** Writes what {@link #write} wrote into a new folder, and nowhere else. */
    static void read(InputStream in, Path state) throws IOException {
        Files.createDirectories(state);
        for (int count = 0; ; count++) {
            Map<String, Object> header = Json.object(line(in, LONGEST_LINE));
            if (header.get("files") instanceof Number files) {
                if (files.longValue() != count) {
                    throw new Fault("DAMAGED", "it has " + count + " files instead of " + files);
                }
                return;
            }
            if (!(header.get("path") instanceof String path) || !(header.get("size") instanceof Number size)) {
                throw new Fault("DAMAGED", "it is no copy of a store");
            }
            if (!PATH.matcher(path).matches()) {
                throw new Fault("DAMAGED", "it has a file where none belongs: " + path);
            }
            Path file = state.resolve(path);
            Files.createDirectories(file.getParent());
            copy(in, file, size.longValue());
        }
    }

    /** Up to a line feed. */
    static String line(InputStream in, int longest) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("it ends too early");
            }
            if (line.size() == longest) {
                throw new Fault("DAMAGED", "it has a line without an end");
            }
            line.write(next);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    static void line(Object value, OutputStream out) throws IOException {
        out.write((Json.write(value) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static void copy(InputStream in, Path file, long size) throws IOException {
        byte[] piece = new byte[PIECE];
        try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long left = size; left > 0; ) {
                int read = in.read(piece, 0, (int) Math.min(left, piece.length));
                if (read < 0) {
                    throw new EOFException("it ends too early");
                }
                out.write(piece, 0, read);
                left -= read;
            }
        }
    }

    private static List<Path> filesIn(Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> paths = Files.walk(folder)) {
            paths.filter(Files::isRegularFile).sorted().forEach(files::add);
        }
        return files;
    }
}
