package isolane.neo4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.neo4j.kernel.internal.Version;

/** What the control channel can ask for. Several run at once; each lane does one thing at a time. */
final class Operations {
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
        Folders.delete(lanesFolder);
        Files.createDirectories(lanesFolder);
    }

    Object run(String operation, Map<String, Object> request) throws Exception {
        switch (operation) {
            case "status":
                return status();
            case "template.open":
                return Map.of("port", template.open(address(request)).port);
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

    private Lane lane(Map<String, Object> request) {
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
