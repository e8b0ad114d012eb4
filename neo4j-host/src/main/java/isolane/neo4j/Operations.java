package isolane.neo4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.neo4j.graphdb.Transaction;
import org.neo4j.kernel.internal.Version;

/** What the control channel can ask for. Several run at once; each lane does one thing at a time. */
final class Operations {
    /**
     * Where stores are.
     *
     * @param base an empty one to begin templates from, or null
     * @param environments null when there are none
     */
    record Places(Path data, Path base, Path lanes, Path environments) {}

    /** Of lanes and environments. */
    static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}";

    final States states;
    private final Template template;
    private final Path lanesFolder;
    private final Environments environments;
    final Dbms.Setup setup;
    private final Map<String, Lane> lanes = new ConcurrentHashMap<>();
    /** More starts than processors only make each of them slower. */
    private final Semaphore starts = new Semaphore(Math.max(2, Runtime.getRuntime().availableProcessors()));

    Operations(Places places, Dbms.Setup setup) throws IOException {
        this.setup = setup;
        this.template = new Template(places.data(), places.base(), setup, places.environments() != null);
        this.environments =
                places.environments() == null ? null : new Environments(places.environments(), template, setup);
        this.lanesFolder = places.lanes();
        this.states = new States(places.data());
        for (String forgotten : List.of("lanes", "states")) {
            Folders.delete(lanesFolder.resolve(forgotten));
        }
    }

    /** What lasts, in good order. */
    void stop() {
        if (environments != null) {
            environments.stop();
        }
    }

    Object run(String operation, Map<String, Object> request) throws Exception {
        if (operation.startsWith("environment.")) {
            return environments().run(operation, request);
        }
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
                return Map.of("empty", template.finish(text(request, "fingerprint"), text(request, "record")).empty());
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
                Lane dropped = lane(request);
                dropped.drop();
                lanes.remove(dropped.name());
                states.dropAll(dropped);
                return Map.of();
            case "lane.size":
                return Map.of("bytes", slice(request).size());
            case "lane.look":
                return look(slice(request).dbms());
            case "state.take":
                return take(slice(request), request.get("look") == Boolean.TRUE);
            case "state.look":
                return look(states.at(text(request, "state")));
            case "state.use":
                return use(slice(request), text(request, "state"));
            case "state.record":
                Files.writeString(
                        states.at(text(request, "state")).resolve(Environment.RECORD), text(request, "record"));
                return Map.of();
            case "state.drop":
                states.drop(text(request, "state"));
                return Map.of();
            default:
                throw new Fault("PROTOCOL", "there is no operation " + operation);
        }
    }

    private Map<String, Object> create(String name, Dbms.Address address) throws Exception {
        if (!name.matches(NAME)) {
            throw new Fault("PROTOCOL", "a lane can't be named " + name);
        }
        Lane lane = new Lane(name, lanesFolder, template, setup);
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

    /** Sets a state apart; with a look at what is in it, as the file {@code contents} and in the answer. */
    private Map<String, Object> take(Slice slice, boolean look) throws IOException {
        String state = states.create(slice);
        try {
            if (!look) {
                slice.copyTo(states.at(state));
                return Map.of("state", state);
            }
            Contents contents = slice.copyAndLook(states.at(state));
            states.writeContents(state, contents);
            Map<String, Object> answer = new LinkedHashMap<>(Map.of("state", state, "contents", contents.summary()));
            if (slice instanceof Environment environment) {
                answer.put("record", environment.mark().record());
            }
            return answer;
        } catch (IOException | RuntimeException error) {
            states.drop(state);
            throw error;
        }
    }

    /** @return the state that it had, set apart */
    private Map<String, Object> use(Slice slice, String state) throws IOException {
        String before = states.create(slice);
        try {
            slice.use(states.at(state), states.at(before));
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
                        Map.of("lane", lane.name(), "port", lane.dbms().port, "connections", Connections.count(lane.dbms()))));
        Template.Store store = template.store();
        Runtime runtime = Runtime.getRuntime();
        return Map.of(
                "version", Version.getNeo4jVersion(),
                "database", setup.database(),
                "template", store == null ? "" : store.fingerprint(),
                "lanes", running,
                "heapUsed", runtime.totalMemory() - runtime.freeMemory(),
                "heapSize", runtime.totalMemory(),
                "heapLimit", runtime.maxMemory());
    }

    /** A lane or an environment: their names differ. */
    Slice slice(Map<String, Object> request) {
        Environment environment = environments == null ? null : environments.made(text(request, "lane"));
        return environment == null ? lane(request) : environment;
    }

    private Environments environments() {
        if (environments == null) {
            throw new Fault("PROTOCOL", "this process has no environments");
        }
        return environments;
    }

    private Lane lane(Map<String, Object> request) {
        String name = text(request, "lane");
        Lane lane = lanes.get(name);
        if (lane == null) {
            throw new Fault("NO_LANE", "there is no lane " + name);
        }
        return lane;
    }

    static String text(Map<String, Object> request, String name) {
        if (request.get(name) instanceof String text) {
            return text;
        }
        throw new Fault("PROTOCOL", "the request lacks " + name);
    }

    static Dbms.Address address(Map<String, Object> request) {
        return new Dbms.Address(
                number(request, "port"), textOr(request, "advertised"), number(request, "http"), textOr(request, "httpAdvertised"));
    }

    static int number(Map<String, Object> request, String name) {
        return request.get(name) instanceof Number number ? number.intValue() : 0;
    }

    private static String textOr(Map<String, Object> request, String name) {
        return request.get(name) instanceof String text ? text : "";
    }
}
