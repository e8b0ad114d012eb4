package isolane.neo4j;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Leaves in a folder what makes later starts faster: a class-data archive ({@code classes.aot} on Java 25 and newer, else
 * {@code classes.jsa}), and {@code base}, an empty store. The flag that makes an archive depends on the Java version, so
 * this starts a second JVM like itself.
 */
final class Train {
    private static final int AOT_SINCE = 25;

    private Train() {}

    static void main(Map<String, String> options) throws Exception {
        Path folder = Path.of(options.get("train"));
        if (options.containsKey("rehearse")) {
            rehearse(folder);
            Runtime.getRuntime().exit(0);
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        boolean aot = Runtime.version().feature() >= AOT_SINCE;
        command.add((aot ? "-XX:AOTCacheOutput=" + folder.resolve("classes.aot")
                : "-XX:ArchiveClassesAtExit=" + folder.resolve("classes.jsa")));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> !argument.startsWith("-XX:AOTCache") && !argument.startsWith("-XX:SharedArchive"))
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Host.class.getName()));
        command.addAll(List.of("--train=" + folder, "--rehearse"));
        // Thousands of lines about classes of signed jars, which can't be archived.
        command.add(1, "-Xlog:disable");
        int exit = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (exit != 0) {
            throw new Fault("FAILED", "the rehearsal ended with exit code " + exit);
        }
    }

    /** Does once what every run does, so that its classes are in the archive. */
    private static void rehearse(Path folder) throws Exception {
        Path scratch = folder.resolve("scratch");
        Folders.delete(scratch);
        Files.createDirectories(scratch);
        makeBase(scratch, folder.resolve("base"));
        Operations operations = Host.operations(
                Map.of("data", scratch.toString(), "base", folder.resolve("base").toString()), "rehearsal");
        operations.run("template.open", Map.of());
        for (String statement : List.of(
                "CREATE CONSTRAINT thing_id IF NOT EXISTS FOR (t:Thing) REQUIRE t.id IS UNIQUE",
                "UNWIND range(1, 20) AS id MERGE (t:Thing {id: id}) MERGE (t)-[:KNOWS {since: date()}]->(:Other)")) {
            operations.run("template.run", Map.of("statement", statement));
        }
        operations.run("template.finish", Map.of("fingerprint", "rehearsal"));
        Map<String, Object> lane = Map.of("lane", "one", "port", 0);
        Object created = operations.run("lane.create", lane);
        int port = (Integer) ((Map<?, ?>) created).get("port");
        Bolt.rehearse(port, "rehearsal", List.of(
                "MATCH (t:Thing)-[k:KNOWS]->(o) RETURN t, k, count(o) AS others ORDER BY t.id LIMIT 5",
                "CREATE (:Other {name: 'a', list: [1, 2]})",
                "MATCH (o:Other) SET o.seen = true RETURN collect(o.name) AS names",
                "MATCH (n) DETACH DELETE n"));
        Object taken = operations.run("state.take", Map.of("lane", "one", "look", true));
        Map<String, Object> state = Map.of("lane", "one", "state", ((Map<?, ?>) taken).get("state"));
        operations.run("state.look", state);
        operations.run("state.use", state);
        operations.run("lane.reset", Map.of("lane", "one", "close", true));
        operations.run("status", Map.of());
        operations.run("lane.drop", lane);
        Folders.delete(scratch);
    }

    private static void makeBase(Path scratch, Path base) throws IOException {
        Path store = scratch.resolve("base");
        Dbms.Setup setup = new Dbms.Setup("127.0.0.1", "neo4j", null, new Password("rehearsal"), false);
        Dbms.start(store, setup, new Dbms.Address(0, "", 0, "")).stop();
        Folders.delete(base);
        Folders.copy(store, base);
    }
}
