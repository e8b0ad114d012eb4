package isolane.neo4j;

import java.io.IOException;
import java.nio.file.Path;

/** A DBMS whose database's state can be set apart and brought back: a lane's, or an environment's. */
interface Slice {
    String name();

    /** Where its states lie when they are set apart. */
    Path states();

    /** @throws Fault NO_LANE when it is not running */
    Dbms dbms();

    /** How many bytes its database's files have. */
    long size() throws IOException;

    /** Copies its database's files to {@code state}. Transactions that are open are ended, connections stay. */
    void copyTo(Path state) throws IOException;

    /** As {@link #copyTo}. @return what the copy holds */
    Contents copyAndLook(Path state) throws IOException;

    /** Gives its database a copy of a state's files. What it had is moved to {@code before}, and comes back when this fails. */
    void use(Path state, Path before) throws IOException;
}
