package isolane.neo4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * One process that runs many Neo4j Community DBMSs, one per lane or environment.
 *
 * <pre>
 * --data=FOLDER        where stores are kept: the template, and one per lane
 * --lanes=FOLDER       where those of lanes are instead, which are forgotten
 * --environments=FOLDER where those of environments are, which last: they are stopped in good order at the end
 * --port=N             of the control channel; 0 for any free one
 * --host=ADDRESS       that the control channel and all Bolt ports listen on (127.0.0.1)
 * --password-file=FILE what opens the control channel, and on a second line user neo4j's password, where that is another
 *                      one; else the same in ISOLANE_NEO4J_PASSWORD
 * --database=NAME      the default database (neo4j)
 * --plugins=LIST       folders of jars with procedures, for every lane, separated as a class path is
 * --base=FOLDER        an empty store to begin templates from
 * --ends-with-input    end when standard input closes
 * --train=FOLDER       instead of serving: leave there what makes later starts faster
 * </pre>
 *
 * Prints {@code READY port=N} when the control channel accepts.
 */
public final class Host {
    private Host() {}

    public static void main(String[] arguments) {
        try {
            Map<String, String> options = options(arguments);
            if (options.containsKey("train")) {
                Train.main(options);
            } else {
                serve(options);
            }
        } catch (Throwable error) {
            System.err.println(Fault.codeOf(error) + ": " + Fault.messageOf(error));
            // Neo4j's threads would keep the process alive.
            Runtime.getRuntime().halt(1);
        }
    }

    private static void serve(Map<String, String> options) throws IOException {
        refuseEnterprise();
        String[] secrets = secrets(options);
        Operations operations = operations(options, secrets[secrets.length - 1]);
        Runtime.getRuntime().addShutdownHook(new Thread(operations::stop, "isolane-stop"));
        if (options.containsKey("ends-with-input")) {
            endWithInput(operations);
        }
        Control control = new Control(
                options.getOrDefault("host", "127.0.0.1"),
                Integer.parseInt(options.getOrDefault("port", "0")),
                secrets[0],
                operations);
        System.out.println("READY port=" + control.port());
        control.serve();
    }

    static Operations operations(Map<String, String> options, String password) throws IOException {
        Path data = Path.of(options.get("data"));
        Path plugins = options.containsKey("plugins") ? Plugins.folder(options.get("plugins"), data) : null;
        Path base = options.containsKey("base") ? Path.of(options.get("base")) : null;
        Dbms.Setup setup = new Dbms.Setup(
                options.getOrDefault("host", "127.0.0.1"),
                options.getOrDefault("database", "neo4j"),
                plugins,
                new Password(password),
                false);
        Path lanes = Path.of(options.getOrDefault("lanes", options.get("data")));
        Path environments = options.containsKey("environments") ? Path.of(options.get("environments")) : null;
        return new Operations(new Operations.Places(data, base, lanes, environments), setup);
    }

    /** Only its user can accept the licence; whoever has done so has no need of this program. */
    private static void refuseEnterprise() {
        if (Host.class.getResource("/com/neo4j/server/enterprise/EnterpriseEntryPoint.class") != null) {
            throw new Fault(
                    "ENTERPRISE",
                    "these are the jars of Neo4j Enterprise, whose licence only you can accept; if you do, say so with"
                            + " `acceptLicense` in neo4j(), and its own server is started");
        }
    }

    private static String[] secrets(Map<String, String> options) throws IOException {
        String file = options.get("password-file");
        String text = file == null ? System.getenv("ISOLANE_NEO4J_PASSWORD") : Files.readString(Path.of(file));
        if (text == null || text.isBlank()) {
            throw new Fault("FAILED", "give --password-file or ISOLANE_NEO4J_PASSWORD");
        }
        return text.strip().split("\\R");
    }

    /** Lanes are disposable and the template is never written, so only environments are stopped in good order. */
    private static void endWithInput(Operations operations) {
        Thread watch = new Thread(
                () -> {
                    try {
                        while (System.in.read() >= 0) {
                            // Nothing is ever said on it.
                        }
                    } catch (IOException closed) {
                        // The same as its end.
                    }
                    operations.stop();
                    Runtime.getRuntime().halt(0);
                },
                "isolane-input");
        watch.setDaemon(true);
        watch.start();
    }

    private static Map<String, String> options(String[] arguments) {
        Map<String, String> options = new HashMap<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (!argument.startsWith("--")) {
                throw new Fault("FAILED", "unexpected argument " + argument);
            }
            options.put(
                    equals < 0 ? argument.substring(2) : argument.substring(2, equals),
                    equals < 0 ? "" : argument.substring(equals + 1));
        }
        return options;
    }
}
