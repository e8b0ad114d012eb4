package isolane.neo4j;

import org.neo4j.kernel.api.exceptions.Status;

/** An error with a code that the other side of the control channel understands. */
final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final String code;

    Fault(String code, String message) {
        super(message);
        this.code = code;
    }

    Fault(String code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** Neo4j's own code where an error carries one, as {@code Neo.ClientError.Statement.SyntaxError}. */
    static String codeOf(Throwable error) {
        for (Throwable each = error; each != null; each = each.getCause()) {
            if (each instanceof Fault fault) {
                return fault.code;
            }
            if (each instanceof org.neo4j.graphdb.QueryExecutionException query) {
                return query.getStatusCode();
            }
            if (each instanceof Status.HasStatus status) {
                return status.status().code().serialize();
            }
            if (each instanceof java.net.BindException) {
                return "PORT_TAKEN";
            }
            if (each instanceof java.io.IOException && String.valueOf(each.getMessage()).contains("No space left")) {
                return "DISK_FULL";
            }
        }
        return "FAILED";
    }

    /** The messages from the outermost to the innermost error, each once. */
    static String messageOf(Throwable error) {
        StringBuilder text = new StringBuilder();
        for (Throwable each = error; each != null; each = each.getCause()) {
            String message = each.getMessage() == null ? each.getClass().getSimpleName() : each.getMessage();
            if (text.indexOf(message) < 0) {
                text.append(text.length() == 0 ? "" : "\ncaused by: ").append(message);
            }
        }
        return text.toString();
    }
}
