package isolane.neo4j;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The environments below one folder, which is this process's alone for as long as it lives. */
final class Environments {
    /** A process whose stack was killed may still be stopping its environments in good order. */
    private static final long LOCKED_WITHIN_MS = 30_000;

    /** No environment can be called so. */
    private static final String LOCK = ".lock";

    private final Path folder;
    private final Template template;
    private final Dbms.Setup shared;
    private final Map<String, Environment> open = new ConcurrentHashMap<>();
    /** Held, not read. */
    private final FileLock lock;

    Environments(Path folder, Template template, Dbms.Setup shared) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.template = template;
        this.shared = shared;
        this.lock = lock(folder.resolve(LOCK));
    }

    private static FileLock lock(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LOCKED_WITHIN_MS);
        while (true) {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return lock;
            }
            if (System.nanoTime() > end) {
                throw new Fault("IN_USE", "another process has the environments in " + file.getParent());
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    Object run(String operation, Map<String, Object> request) throws IOException {
        Environment environment = of(Operations.text(request, "environment"));
        switch (operation) {
            case "environment.look":
                return look(environment);
            case "environment.open":
                environment.open(
                        Operations.text(request, "database"),
                        Operations.address(request),
                        new Password(Operations.text(request, "password")));
                return Map.of("port", environment.dbms().port);
            case "environment.run":
                Statements.run(environment.dbms(), Operations.text(request, "statement"));
                return Map.of();
            case "environment.record":
                environment.record(Operations.text(request, "record"));
                return Map.of();
            case "environment.wipe":
                environment.wipe();
                return Map.of();
            case "environment.rotate":
                environment.rotate(
                        new Password(Operations.text(request, "password")), Operations.number(request, "rotation"));
                return Map.of();
            case "environment.facts":
                return Map.of("bytes", environment.size(), "connections", Connections.count(environment.dbms()));
            default:
                throw new Fault("PROTOCOL", "there is no operation " + operation);
        }
    }

    /** What is known of an environment before it is opened. */
    private static Map<String, Object> look(Environment environment) {
        Mark mark = environment.mark();
        return mark == null
                ? Map.of("made", false, "record", "", "rotation", 0)
                : Map.of("made", true, "record", mark.record(), "rotation", mark.rotation());
    }

    /** There or not. */
    private synchronized Environment of(String name) throws IOException {
        if (!name.matches(Operations.NAME)) {
            throw new Fault("PROTOCOL", "an environment can't be named " + name);
        }
        Environment known = open.get(name);
        if (known == null) {
            known = new Environment(name, folder.resolve(name), template, shared);
            open.put(name, known);
        }
        return known;
    }

    /** @return null when there is none of that name; it need not be running */
    Environment made(String name) {
        Environment known = open.get(name);
        return known != null && known.mark() != null ? known : null;
    }

    /** All in good order, side by side. */
    void stop() {
        List<Thread> stopping = new ArrayList<>();
        for (Environment environment : open.values()) {
            Thread thread = new Thread(environment::stop, "isolane-stop-" + environment.name());
            thread.setDaemon(true);
            thread.start();
            stopping.add(thread);
        }
        for (Thread thread : stopping) {
            try {
                thread.join();
            } catch (InterruptedException hurry) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
