package isolane.neo4j;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.neo4j.graphdb.Entity;
import org.neo4j.graphdb.Label;
import org.neo4j.graphdb.Node;
import org.neo4j.graphdb.RelationshipType;
import org.neo4j.graphdb.Transaction;
import org.neo4j.graphdb.schema.IndexDefinition;

/**
 * Makes a state of a graph that is given as lines of JSON: {@code {"labels", "properties"}} for each node, {@code {"type",
 * "from", "to", "properties"}} for each relationship, whose ends are counted from 0, {@code {"make"}} for each constraint or
 * index, and {@code {"end"}} with how many lines there were. Entities get their ids in this order, from 0 on.
 */
final class Import {
    /** In one transaction, which is held in memory. */
    private static final int BATCH = 10_000;

    private final Dbms dbms;
    private final List<String> nodes = new ArrayList<>();
    private Transaction transaction;
    private int written;

    private Import(Dbms dbms) {
        this.dbms = dbms;
    }

    /** @param state a folder that is not there yet */
    static void run(InputStream in, Path state, Dbms.Setup setup) throws IOException {
        Path home = state.resolveSibling(state.getFileName() + ".scratch");
        Folders.delete(home);
        try {
            Dbms dbms = Dbms.start(home, setup, Dbms.Address.NOWHERE);
            try {
                new Import(dbms).read(new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)));
            } finally {
                dbms.stop();
            }
            DatabaseFiles.moveOut(home, setup.database(), state);
            Files.deleteIfExists(state.resolve("databases").resolve("database_lock"));
        } finally {
            Folders.delete(home);
        }
    }

    private void read(BufferedReader lines) throws IOException {
        dropIndexes();
        transaction = dbms.graph().beginTx();
        try {
            long count = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Map<String, Object> next = Json.object(line);
                if (next.get("end") instanceof Number end) {
                    if (end.longValue() != count) {
                        throw new Fault("DAMAGED", "it has " + count + " lines instead of " + end);
                    }
                    commit();
                    Graph.awaitIndexes(dbms.graph());
                    return;
                }
                count += 1;
                write(next);
            }
            throw new EOFException("it ends too early");
        } finally {
            transaction.close();
        }
    }

    /** A new store has two, which the graph brings along where it has them. */
    private void dropIndexes() {
        try (Transaction dropping = dbms.graph().beginTx()) {
            dropping.schema().getIndexes().forEach(IndexDefinition::drop);
            dropping.commit();
        }
    }

    private void write(Map<String, Object> line) {
        if (line.get("make") instanceof String statement) {
            commit();
            Statements.run(dbms, statement);
            return;
        }
        if (line.get("labels") instanceof List<?> labels) {
            Label[] all = labels.stream().map(label -> Label.label(String.valueOf(label))).toArray(Label[]::new);
            Node node = transaction.createNode(all);
            properties(line, node);
            nodes.add(node.getElementId());
        } else {
            Node from = node(line.get("from"));
            RelationshipType type = RelationshipType.withName(String.valueOf(line.get("type")));
            properties(line, from.createRelationshipTo(node(line.get("to")), type));
        }
        written += 1;
        if (written % BATCH == 0) {
            commit();
        }
    }

    private Node node(Object number) {
        return transaction.getNodeByElementId(nodes.get(((Number) number).intValue()));
    }

    private static void properties(Map<String, Object> line, Entity entity) {
        ((Map<?, ?>) line.get("properties")).forEach(
                (key, value) -> entity.setProperty(String.valueOf(key), JavaValues.of((List<?>) value)));
    }

    private void commit() {
        transaction.commit();
        transaction.close();
        transaction = dbms.graph().beginTx();
    }
}
