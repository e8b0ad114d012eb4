package isolane.neo4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.neo4j.graphdb.Transaction;
import org.neo4j.kernel.internal.Version;

/** What the control channel can ask for. Several run at once; each lane does one thing at a time. */
final class Operations {
    final States states;
    private final Template template;
    private final Path lanesFolder;
    private final Dbms.Setup setup;
    private final Map<String, Lane> lanes = new ConcurrentHashMap<>();
    /** More starts than processors only make each of them slower. */
    private final Semaphore starts = new Semaphore(Math.max(2, Runtime.getRuntime().availableProcessors()));

    Operations(Path data, Path base, Dbms.Setup setup) throws IOException {
        this.template = new Template(data, base, setup);
        this.lanesFolder = data.resolve("lanes");
        this.setup = setup;
        this.states = new States(data);
        Folders.delete(lanesFolder);
        Files.createDirectories(lanesFolder);
    }

    Object run(String operation, Map<String, Object> request) throws Exception {
        switch (operation) {
            case "status":
                return status();
            case "template.open":
                Path begin = request.containsKey("state") ? states.at(text(request, "state")) : null;
                boolean migrate = request.get("migrate") == Boolean.TRUE;
                return Map.of("port", template.open(address(request), begin, migrate).port);
            case "template.look":
                return look(template.builder());
            case "template.run":
                Statements.run(template.builder(), text(request, "statement"));
                return Map.of();
            case "template.finish":
                return Map.of("empty", template.finish(text(request, "fingerprint")).empty());
            case "template.discard":
                template.discard(true);
                return Map.of();
            case "lane.create":
                return create(text(request, "lane"), address(request));
            case "lane.reset":
                return Map.of("how", lane(request).reset(request.get("close") == Boolean.TRUE));
            case "lane.replace":
                return Map.of("how", lane(request).replace());
            case "lane.drop":
                lane(request).drop();
                lanes.remove(text(request, "lane"));
                states.dropAll(text(request, "lane"));
                return Map.of();
            case "lane.size":
                return Map.of("bytes", lane(request).size());
            case "lane.look":
                return look(lane(request).dbms());
            case "state.take":
                return take(lane(request), request.get("look") == Boolean.TRUE);
            case "state.look":
                return look(states.at(text(request, "state")));
            case "state.use":
                return use(lane(request), text(request, "state"));
            case "state.drop":
                states.drop(text(request, "state"));
                return Map.of();
            default:
                throw new Fault("PROTOCOL", "there is no operation " + operation);
        }
    }

    private Map<String, Object> create(String name, Dbms.Address address) throws Exception {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,62}")) {
            throw new Fault("PROTOCOL", "a lane can't be named " + name);
        }
        Lane lane = new Lane(name, lanesFolder.resolve(name), template, setup);
        if (lanes.putIfAbsent(name, lane) != null) {
            throw new Fault("FAILED", "lane " + name + " exists already");
        }
        starts.acquire();
        try {
            lane.start(address);
        } catch (IOException | RuntimeException error) {
            lanes.remove(name);
            lane.drop();
            throw error;
        } finally {
            starts.release();
        }
        return Map.of("port", lane.dbms().port);
    }

    /** Sets the lane's state apart; with a look at what is in it, as the file {@code contents} and in the answer. */
    private Map<String, Object> take(Lane lane, boolean look) throws IOException {
        String state = states.create(lane.name);
        try {
            if (!look) {
                lane.copyTo(states.at(state));
                return Map.of("state", state);
            }
            Contents contents = lane.copyAndLook(states.at(state));
            states.writeContents(state, contents);
            return Map.of("state", state, "contents", contents.summary());
        } catch (IOException | RuntimeException error) {
            states.drop(state);
            throw error;
        }
    }

    /** @return the state that the lane had, set apart */
    private Map<String, Object> use(Lane lane, String state) throws IOException {
        String before = states.create(lane.name);
        try {
            lane.use(states.at(state), states.at(before));
            return Map.of("before", before);
        } catch (IOException | RuntimeException error) {
            states.drop(before);
            throw error;
        }
    }

    private static Map<String, Object> look(Dbms dbms) throws IOException {
        try (Transaction transaction = dbms.graph().beginTx()) {
            return Contents.of(transaction).summary();
        }
    }

    private Map<String, Object> look(Path state) throws Exception {
        starts.acquire();
        try {
            return Scratch.look(state, template, setup).summary();
        } finally {
            starts.release();
        }
    }

    private Map<String, Object> status() {
        List<Object> running = new ArrayList<>();
        lanes.values().stream()
                .filter(Lane::isRunning)
                .forEach(lane -> running.add(
                        Map.of("lane", lane.name, "port", lane.dbms().port, "connections", Connections.count(lane.dbms()))));
        Template.Store store = template.store();
        Runtime runtime = Runtime.getRuntime();
        return Map.of(
                "version", Version.getNeo4jVersion(),
                "database", setup.database(),
                "template", store == null ? "" : store.fingerprint(),
                "lanes", running,
                "heapUsed", runtime.totalMemory() - runtime.freeMemory(),
                "heapSize", runtime.totalMemory());
    }

    Lane lane(Map<String, Object> request) {
        String name = text(request, "lane");
        Lane lane = lanes.get(name);
        if (lane == null) {
            throw new Fault("NO_LANE", "there is no lane " + name);
        }
        return lane;
    }

    private static String text(Map<String, Object> request, String name) {
        if (request.get(name) instanceof String text) {
            return text;
        }
        throw new Fault("PROTOCOL", "the request lacks " + name);
    }

    private static Dbms.Address address(Map<String, Object> request) {
        int port = request.get("port") instanceof Number number ? number.intValue() : 0;
        return new Dbms.Address(port, request.get("advertised") instanceof String advertised ? advertised : "");
    }
}
