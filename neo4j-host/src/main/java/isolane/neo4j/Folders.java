package isolane.neo4j;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Stream;

/** Whole folders: copied so that half a copy never carries the final name, and deleted. */
final class Folders {
    private static final Set<String> LOCKS = Set.of("store_lock", "database_lock");

    private Folders() {}

    /** Copies a stopped store to {@code to}, which must not exist. */
    static void copy(Path from, Path to) throws IOException {
        Path partial = to.resolveSibling(to.getFileName() + ".partial");
        delete(partial);
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                Path target = partial.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else if (!LOCKS.contains(path.getFileName().toString())) {
                    Files.copy(path, target);
                }
            }
        }
        move(partial, to);
    }

    static void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    /** What is in a folder, and the folder itself, is on the disk when this returns. */
    static void sync(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                syncOne(path);
            }
        }
        syncOne(folder.toAbsolutePath().getParent());
    }

    static void syncOne(Path path) throws IOException {
        boolean isFolder = Files.isDirectory(path);
        try (FileChannel channel =
                FileChannel.open(path, isFolder ? StandardOpenOption.READ : StandardOpenOption.WRITE)) {
            channel.force(true);
        } catch (IOException error) {
            // Windows opens no folders, and writes their entries with the files.
            if (!isFolder || File.separatorChar == '/') {
                throw error;
            }
        }
    }

    static void delete(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) paths.sorted(Comparator.reverseOrder())::iterator) {
                Files.deleteIfExists(path);
            }
        } catch (NoSuchFileException gone) {
            // Nothing to delete is what was wanted.
        } catch (UncheckedIOException vanished) {
            throw vanished.getCause();
        }
    }
}
