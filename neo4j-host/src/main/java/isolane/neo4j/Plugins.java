package isolane.neo4j;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Neo4j takes its plugins from one folder; here they may come from several. */
final class Plugins {
    private Plugins() {}

    /** @param list folders, separated as a class path is */
    static Path folder(String list, Path data) throws IOException {
        Path folder = data.resolve("plugins");
        Folders.delete(folder);
        Files.createDirectories(folder);
        for (String place : list.split(File.pathSeparator)) {
            for (Path jar : jars(Path.of(place))) {
                provide(jar, folder.resolve(jar.getFileName()));
            }
        }
        return folder;
    }

    private static List<Path> jars(Path folder) throws IOException {
        List<Path> jars = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "*.jar")) {
                found.forEach(jars::add);
            }
        }
        if (jars.isEmpty()) {
            throw new Fault("NO_PLUGIN", "there is no plugin in " + folder);
        }
        return jars;
    }

    /** Plugins share libraries; one of the same name and version is enough. */
    private static void provide(Path jar, Path link) throws IOException {
        if (Files.exists(link)) {
            return;
        }
        try {
            Files.createSymbolicLink(link, jar.toAbsolutePath());
        } catch (UnsupportedOperationException | IOException noLinksHere) {
            Files.copy(jar, link);
        }
    }
}
