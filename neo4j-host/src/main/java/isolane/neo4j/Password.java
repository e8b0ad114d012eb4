package isolane.neo4j;

import java.nio.charset.StandardCharsets;
import org.neo4j.graphdb.Label;
import org.neo4j.graphdb.Node;
import org.neo4j.graphdb.Transaction;
import org.neo4j.kernel.internal.GraphDatabaseAPI;

/** The password of user {@code neo4j}, the same for every DBMS of a stack. */
final class Password {
    private final String plain;
    /** Salted: another one each time. */
    private final String credential;

    Password(String password) {
        plain = password;
        credential = Release.RUNNING.credential(password.getBytes(StandardCharsets.UTF_8));
    }

    boolean isSameAs(Password other) {
        return plain.equals(other.plain);
    }

    /**
     * Makes this the password that opens the DBMS; a cloned store may still carry another stack's. Writes the system graph
     * itself: {@code ALTER USER} takes 300 ms in each new DBMS, and seconds in the first, to compile one statement.
     */
    void applyTo(GraphDatabaseAPI system) {
        try (Transaction transaction = system.beginTx()) {
            Node user = transaction.findNode(Label.label("User"), "name", "neo4j");
            if (user == null || !user.hasProperty("credentials")) {
                throw new Fault("FAILED", "this Neo4j keeps user neo4j's password in an unknown place");
            }
            if (!credential.equals(user.getProperty("credentials"))) {
                user.setProperty("credentials", credential);
                user.setProperty("passwordChangeRequired", false);
                transaction.commit();
            }
        }
    }
}
