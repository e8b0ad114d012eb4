package isolane.neo4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

/**
 * What stands in an environment's folder to say whose it is, and which of the homes beside it is in use. It is replaced in
 * one step, so whoever is killed meanwhile leaves the old one or the new one.
 *
 * @param record what the other side of the control channel keeps with the data: opaque, and part of every state
 * @param rotation how often the password was changed
 */
record Mark(String environment, String database, String home, String record, long rotation) {
    private static final String FILE = "isolane-environment.json";

    /** @return null when there is none */
    static Mark read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        if (!Files.isRegularFile(file)) {
            return null;
        }
        Map<String, Object> read = Json.object(Files.readString(file));
        return new Mark(
                String.valueOf(read.get("environment")),
                String.valueOf(read.get("database")),
                String.valueOf(read.get("home")),
                String.valueOf(read.get("record")),
                ((Number) read.get("rotation")).longValue());
    }

    /** It is on the disk when this returns. */
    void write(Path folder) throws IOException {
        Path partial = folder.resolve(FILE + ".partial");
        Files.writeString(
                partial,
                Json.write(Map.of(
                        "environment", environment,
                        "database", database,
                        "home", home,
                        "record", record,
                        "rotation", rotation)));
        Folders.syncOne(partial);
        Files.move(partial, folder.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
        Folders.syncOne(folder);
    }

    Mark withHome(String next, String itsRecord) {
        return new Mark(environment, database, next, itsRecord, rotation);
    }

    Mark withRecord(String next) {
        return new Mark(environment, database, home, next, rotation);
    }

    Mark withRotation(long next) {
        return new Mark(environment, database, home, record, next);
    }
}
