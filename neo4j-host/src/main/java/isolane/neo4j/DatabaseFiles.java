package isolane.neo4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The files of one database. In a DBMS's home they lie in two folders that carry the database's name; set apart, as a
 * state, in {@code databases} and {@code transactions}, so that any database can take them.
 */
final class DatabaseFiles {
    static final List<String> KINDS = List.of("databases", "transactions");

    /** What a DBMS has besides its database. */
    static final List<String> SYSTEM = List.of("data/databases/system", "data/transactions/system", "data/server_id");

    private DatabaseFiles() {}

    static Path at(Path home, String kind, String database) {
        return home.resolve("data").resolve(kind).resolve(database);
    }

    /** How many bytes they have. */
    static long size(Path home, String database) throws IOException {
        long bytes = 0;
        for (String kind : KINDS) {
            bytes += States.size(at(home, kind, database));
        }
        return bytes;
    }

    /** Copies those of a stopped database. */
    static void copyOut(Path home, String database, Path state) throws IOException {
        Files.createDirectories(state);
        for (String kind : KINDS) {
            Folders.copy(at(home, kind, database), state.resolve(kind));
        }
    }

    /** Takes those of a stopped database away. */
    static void moveOut(Path home, String database, Path state) throws IOException {
        Files.createDirectories(state);
        for (String kind : KINDS) {
            Folders.move(at(home, kind, database), state.resolve(kind));
        }
    }

    /** Undoes {@link #moveOut}, which may have ended half-way. */
    static void moveBack(Path state, Path home, String database) throws IOException {
        for (String kind : KINDS) {
            Path target = at(home, kind, database);
            if (!Files.exists(target)) {
                Folders.move(state.resolve(kind), target);
            }
        }
    }

    /** Gives a stopped database a copy of a state's; it must have none. */
    static void copyIn(Path state, Path home, String database) throws IOException {
        for (String kind : KINDS) {
            Folders.copy(state.resolve(kind), at(home, kind, database));
        }
    }

    /** Gives a stopped database those of a state instead of what it has; kinds that the state lacks stay as they are. */
    static void moveIn(Path state, Path home, String database) throws IOException {
        for (String kind : KINDS) {
            if (Files.exists(state.resolve(kind))) {
                Path target = at(home, kind, database);
                Folders.delete(target);
                Files.createDirectories(target.getParent());
                Folders.move(state.resolve(kind), target);
            }
        }
    }
}
