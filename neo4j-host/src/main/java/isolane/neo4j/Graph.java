package isolane.neo4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.neo4j.graphdb.GraphDatabaseService;
import org.neo4j.graphdb.Node;
import org.neo4j.graphdb.Relationship;
import org.neo4j.graphdb.ResourceIterator;
import org.neo4j.graphdb.Transaction;
import org.neo4j.graphdb.schema.ConstraintDefinition;
import org.neo4j.graphdb.schema.ConstraintType;
import org.neo4j.graphdb.schema.IndexDefinition;
import org.neo4j.graphdb.schema.IndexType;
import org.neo4j.kernel.impl.coreapi.schema.IndexDefinitionImpl;

/** What a lane's reset asks of a graph, without Cypher: nothing to parse and nothing to plan. */
final class Graph {
    private static final long INDEXES_ONLINE_WITHIN_MINUTES = 10;

    private Graph() {}

    /** Constraints and indexes with everything they were made with, in a fixed order: equal lists mean equal schemas. */
    static List<String> schema(GraphDatabaseService graph) {
        try (Transaction transaction = graph.beginTx()) {
            return schema(transaction);
        }
    }

    static List<String> schema(Transaction transaction) {
        TreeSet<String> lines = new TreeSet<>();
        for (ConstraintDefinition constraint : transaction.schema().getConstraints()) {
            lines.add(Json.write(describe(constraint)));
        }
        for (IndexDefinition index : transaction.schema().getIndexes()) {
            lines.add(Json.write(describe(index)));
        }
        return new ArrayList<>(lines);
    }

    private static List<Object> describe(ConstraintDefinition constraint) {
        boolean ofNodes = constraint.getConstraintType().name().startsWith("NODE")
                || constraint.getConstraintType() == ConstraintType.UNIQUENESS;
        return List.of(
                "constraint",
                constraint.getName(),
                constraint.getConstraintType(),
                ofNodes ? constraint.getLabel().name() : constraint.getRelationshipType().name(),
                constraint.getPropertyKeys());
    }

    private static List<Object> describe(IndexDefinition index) {
        List<Object> names = new ArrayList<>();
        // The one that finds labels or types is for all of them, and says so by throwing.
        if (index.getIndexType() != IndexType.LOOKUP) {
            if (index.isNodeIndex()) {
                index.getLabels().forEach(label -> names.add(label.name()));
            } else {
                index.getRelationshipTypes().forEach(type -> names.add(type.name()));
            }
        }
        return List.of(
                "index",
                index.getName(),
                index.getIndexType(),
                index.isNodeIndex() ? "nodes" : "relationships",
                names,
                index.getIndexType() == IndexType.LOOKUP ? List.of() : index.getPropertyKeys(),
                index.isConstraintIndex(),
                provider(index),
                settings(index));
    }

    /** Which of the server's implementations keeps it, as {@code text-2.0}. */
    private static String provider(IndexDefinition index) {
        return index instanceof IndexDefinitionImpl known
                ? known.getIndexReference().getIndexProvider().name()
                : "";
    }

    /** In an order of its own: the server's changes from one process to the next. */
    private static Map<String, String> settings(IndexDefinition index) {
        Map<String, String> sorted = new TreeMap<>();
        index.getIndexConfiguration().forEach((setting, value) -> sorted.put(setting.toString(), textOf(value)));
        return sorted;
    }

    private static String textOf(Object value) {
        return value instanceof double[] numbers ? Arrays.toString(numbers) : String.valueOf(value);
    }

    /** Lanes begin with copies: each would go on with what is unfinished. One that fails does so in them too. */
    static void awaitIndexes(GraphDatabaseService graph) {
        try (Transaction transaction = graph.beginTx()) {
            transaction.schema().awaitIndexesOnline(INDEXES_ONLINE_WITHIN_MINUTES, TimeUnit.MINUTES);
        } catch (IllegalStateException failedOrTooLong) {
            System.err.println("template: " + Fault.messageOf(failedOrTooLong));
        }
    }

    static boolean isEmpty(GraphDatabaseService graph) {
        try (Transaction transaction = graph.beginTx();
                ResourceIterator<Node> nodes = transaction.getAllNodes().iterator()) {
            return !nodes.hasNext();
        }
    }

    /**
     * Deletes everything, in one transaction.
     *
     * @return whether the graph had no more than {@code limit} nodes and relationships; otherwise nothing is deleted
     */
    static boolean clear(GraphDatabaseService graph, int limit, long milliseconds) {
        try (Transaction transaction = graph.beginTx(milliseconds, TimeUnit.MILLISECONDS)) {
            try (ResourceIterator<Relationship> all = transaction.getAllRelationships().iterator();
                    ResourceIterator<Node> nodes = transaction.getAllNodes().iterator()) {
                // No method references: they would be to Entity's, which 4.4 does not have.
                int left = deleteUpTo(limit, all, relationship -> relationship.delete());
                left = left < 0 ? left : deleteUpTo(left, nodes, node -> node.delete());
                if (left < 0) {
                    return false;
                }
            }
            transaction.commit();
            return true;
        }
    }

    /** @return how many more could have been deleted; below 0 when there were too many */
    private static <E> int deleteUpTo(int limit, ResourceIterator<E> entities, Consumer<E> delete) {
        int left = limit;
        while (entities.hasNext()) {
            E entity = entities.next();
            left -= 1;
            if (left < 0) {
                return -1;
            }
            delete.accept(entity);
        }
        return left;
    }
}
