package isolane.neo4j;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** States set apart from lanes and environments: a folder for each, which is gone with the lane, or with this process. */
final class States {
    static final String CONTENTS = "contents";
    /** Has states as a lane does; no lane can be called so. */
    private static final String TEMPLATE = ".template";

    private final Path ofTemplate;
    private final AtomicInteger made = new AtomicInteger();
    private final Map<String, Path> states = new ConcurrentHashMap<>();

    States(Path data) throws IOException {
        this.ofTemplate = data.resolve("states").resolve(TEMPLATE);
        Folders.delete(ofTemplate);
    }

    /** A name, and with it a folder that is not there yet. */
    String create(Slice slice) throws IOException {
        return create(slice.name(), slice.states());
    }

    String createForTemplate() throws IOException {
        return create(TEMPLATE, ofTemplate);
    }

    private String create(String owner, Path folder) throws IOException {
        String number = String.valueOf(made.incrementAndGet());
        String name = owner + "/" + number;
        states.put(name, Files.createDirectories(folder).resolve(number));
        return name;
    }

    Path at(String name) {
        Path found = states.get(name);
        if (found == null) {
            throw new Fault("NO_STATE", "there is no state " + name);
        }
        return found;
    }

    void drop(String name) throws IOException {
        Path dropped = states.remove(name);
        if (dropped != null) {
            Folders.delete(dropped);
        }
    }

    void dropAll(Slice slice) throws IOException {
        states.keySet().removeIf(name -> name.startsWith(slice.name() + "/"));
        Folders.delete(slice.states());
    }

    void writeContents(String name, Contents contents) throws IOException {
        try (OutputStream out = Files.newOutputStream(at(name).resolve(CONTENTS))) {
            contents.write(out);
        }
    }

    /** Bytes in a folder; files that vanish meanwhile count for nothing. */
    static long size(Path folder) throws IOException {
        long[] bytes = {0};
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                bytes[0] += attributes.size();
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException vanished) {
                return FileVisitResult.CONTINUE;
            }
        });
        return bytes[0];
    }
}
