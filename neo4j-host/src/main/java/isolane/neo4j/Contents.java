package isolane.neo4j;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.neo4j.graphdb.Entity;
import org.neo4j.graphdb.Label;
import org.neo4j.graphdb.Node;
import org.neo4j.graphdb.Relationship;
import org.neo4j.graphdb.ResourceIterator;
import org.neo4j.graphdb.Transaction;

/**
 * What is in a graph, entity by entity, as digests. A node belongs to the group of each of its labels, {@code (:Person)},
 * or to {@code ()}; a relationship to that of its type, {@code [:KNOWS]}. Digests and the file are those of Isolane's
 * core/state-contents.ts: a line is {@code <key> <value> <group as JSON>}.
 */
final class Contents {
    private final Map<String, Group> groups = new TreeMap<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    private final DataOutputStream data = new DataOutputStream(bytes);
    private final MessageDigest sha1 = digest("SHA-1");
    /** Constraints and indexes, see {@link Graph#schema}. */
    private final List<String> schema;

    private Contents(Transaction transaction) throws IOException {
        schema = Graph.schema(transaction);
        try (ResourceIterator<Node> nodes = transaction.getAllNodes().iterator()) {
            while (nodes.hasNext()) {
                add(nodes.next());
            }
        }
        try (ResourceIterator<Relationship> relationships = transaction.getAllRelationships().iterator()) {
            while (relationships.hasNext()) {
                add(relationships.next());
            }
        }
    }

    static Contents of(Transaction transaction) throws IOException {
        return new Contents(transaction);
    }

    /** What a state's summary says. */
    Map<String, Object> summary() {
        Map<String, Object> counts = new LinkedHashMap<>();
        Map<String, Object> digests = new LinkedHashMap<>();
        groups.forEach((name, group) -> {
            counts.put(name, group.size);
            digests.put(name, group.digest());
        });
        return Map.of("schema", schemaDigest(), "schemaLines", schema, "counts", counts, "digests", digests);
    }

    private String schemaDigest() {
        StringBuilder text = new StringBuilder();
        schema.forEach(line -> text.append(line).append('\n'));
        return hex(digest("SHA-256").digest(text.toString().getBytes(StandardCharsets.UTF_8)));
    }

    void write(OutputStream file) throws IOException {
        BufferedOutputStream out = new BufferedOutputStream(file, 1 << 16);
        for (Map.Entry<String, Group> each : groups.entrySet()) {
            byte[] ending = (" " + Json.write(each.getKey()) + "\n").getBytes(StandardCharsets.UTF_8);
            for (int index = 0; index < each.getValue().size; index++) {
                each.getValue().writeLine(index, out);
                out.write(ending);
            }
        }
        out.flush();
    }

    private void add(Node node) throws IOException {
        String[] labels = labelsOf(node);
        bytes.reset();
        for (String label : labels) {
            Values.text(label, data);
        }
        data.writeInt(-1);
        properties(node);
        long value = sha1();
        long key = key('n', node);
        for (String label : labels) {
            group("(:" + label + ")").add(key, value);
        }
        if (labels.length == 0) {
            group("()").add(key, value);
        }
    }

    private void add(Relationship relationship) throws IOException {
        bytes.reset();
        Values.text(Release.RUNNING.numberOf(relationship.getStartNode()), data);
        Values.text(Release.RUNNING.numberOf(relationship.getEndNode()), data);
        properties(relationship);
        long value = sha1();
        group("[:" + relationship.getType().name() + "]").add(key('r', relationship), value);
    }

    private void properties(Entity entity) throws IOException {
        for (Map.Entry<String, Object> property : new TreeMap<>(entity.getAllProperties()).entrySet()) {
            Values.text(property.getKey(), data);
            Values.write(property.getValue(), data);
        }
    }

    private long key(char kind, Entity entity) throws IOException {
        bytes.reset();
        Values.text(kind + Release.RUNNING.numberOf(entity), data);
        return sha1();
    }

    private static String[] labelsOf(Node node) {
        List<String> labels = new ArrayList<>();
        for (Label label : node.getLabels()) {
            labels.add(label.name());
        }
        String[] sorted = labels.toArray(new String[0]);
        Arrays.sort(sorted);
        return sorted;
    }

    private Group group(String name) {
        return groups.computeIfAbsent(name, absent -> new Group());
    }

    private long sha1() {
        sha1.update(bytes.toByteArray());
        return ByteBuffer.wrap(sha1.digest()).getLong();
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException everyJavaHasIt) {
            throw new IllegalStateException(everyJavaHasIt);
        }
    }

    private static String hex(byte[] digest) {
        return HexFormat.of().formatHex(digest);
    }

    /** Keys with their values, two numbers each. */
    private static final class Group {
        private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

        private long[] numbers = new long[16];
        private final byte[] line = new byte[33];
        private int size;

        void add(long key, long value) {
            if (2 * size == numbers.length) {
                numbers = Arrays.copyOf(numbers, 2 * numbers.length);
            }
            numbers[2 * size] = key;
            numbers[2 * size + 1] = value;
            size += 1;
        }

        void writeLine(int index, OutputStream out) throws IOException {
            out.write(line(index));
        }

        /** Of the lines in order. */
        String digest() {
            MessageDigest digest = Contents.digest("SHA-256");
            Integer[] order = new Integer[size];
            Arrays.setAll(order, index -> index);
            Arrays.sort(order, (left, right) -> {
                int byKey = Long.compareUnsigned(numbers[2 * left], numbers[2 * right]);
                return byKey != 0 ? byKey : Long.compareUnsigned(numbers[2 * left + 1], numbers[2 * right + 1]);
            });
            for (int index : order) {
                digest.update(line(index));
                digest.update((byte) '\n');
            }
            return hex(digest.digest());
        }

        private byte[] line(int index) {
            put(numbers[2 * index], 0);
            line[16] = ' ';
            put(numbers[2 * index + 1], 17);
            return line;
        }

        private void put(long number, int at) {
            for (int digit = 0; digit < 16; digit++) {
                line[at + digit] = DIGITS[(int) (number >>> (60 - 4 * digit)) & 15];
            }
        }
    }
}
