package isolane.neo4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The settings of one DBMS, as a configuration file: names are looked up at run time, and one that a Neo4j version does
 * not know is skipped, so that one host serves them all. They are those of Neo4j 5, see {@link Release#setting}. None would
 * leave a commit unsynced: what is acknowledged is on the disk, of lanes too.
 */
final class Settings {
    private Settings() {}

    static void write(Path file, Path home, Dbms.Setup setup, Dbms.Address address) throws IOException {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("server.config.strict_validation.enabled", "false");
        settings.put("initial.dbms.default_database", setup.database());
        settings.put("server.directories.data", home.resolve("data").toString());
        settings.put("server.directories.logs", home.resolve("logs").toString());
        if (setup.plugins() != null) {
            settings.put("server.directories.plugins", setup.plugins().toString());
            settings.put("dbms.security.procedures.unrestricted", "*");
        }

        boolean reachable = address != Dbms.Address.NOWHERE;
        settings.put("server.bolt.enabled", String.valueOf(reachable));
        String bindHost = reachable ? setup.bindHost() : "127.0.0.1";
        String listen = hostPort(bindHost, reachable ? address.port() : 0);
        settings.put("server.bolt.listen_address", listen);
        settings.put("server.bolt.advertised_address", address.advertised().isEmpty() ? listen : address.advertised());
        settings.put("server.bolt.thread_pool_min_size", "1");
        settings.put("server.default_listen_address", bindHost);
        settings.put("server.http.enabled", String.valueOf(address.http() != 0));
        if (address.http() != 0) {
            String http = hostPort(bindHost, address.http());
            settings.put("server.http.listen_address", http);
            settings.put(
                    "server.http.advertised_address", address.httpAdvertised().isEmpty() ? http : address.httpAdvertised());
        }
        settings.put("dbms.security.auth_enabled", "true");
        settings.put("dbms.security.auth_minimum_password_length", "1");
        // A test that tries wrong passwords must not lock the lane for the next one.
        settings.put("dbms.security.auth_max_failed_attempts", "0");
        settings.put("dbms.usage_report.enabled", "false");

        // A stop waits for these; by default it takes ten seconds.
        settings.put("internal.server.bolt.thread_pool_shutdown_wait_time", "100ms");
        settings.put("internal.server.bolt.connection_shutdown_wait_time", "100ms");
        settings.put("internal.dbms.bolt.netty_server_shutdown_quiet_period", "0");
        settings.put("internal.dbms.bolt.netty_server_shutdown_quiet_period_duration", "0s");
        settings.put("internal.dbms.bolt.netty_server_shutdown_timeout", "200ms");
        settings.put("db.shutdown_transaction_end_timeout", "0s");
        settings.put("internal.db.transaction.shutdown_terminated_transaction_wait_timeout", "500ms");

        // A store is cloned for every lane; by default its logs alone take 512 MB.
        settings.put("db.tx_log.preallocate", "false");
        settings.put("db.store.files.preallocate", "false");
        settings.put("db.tx_log.rotation.size", setup.kept() ? "16m" : "1m");
        settings.put("db.tx_log.rotation.retention_policy", "keep_none");
        settings.put("db.tx_log.buffer.size", "131072");
        // A stop writes a checkpoint; by default it sleeps between pages to spare a disk.
        settings.put("db.checkpoint.iops.limit", "-1");
        settings.put("internal.db.checkpoint_log.rotation.size", "128k");

        settings.put("server.memory.pagecache.size", setup.kept() ? "64m" : "8m");
        settings.put("db.memory.pagecache.warmup.enable", "false");
        settings.put("db.filewatcher.enabled", "false");
        settings.put("db.tx_state.memory_allocation", "ON_HEAP");
        settings.put("internal.dbms.force_small_id_cache", "true");
        settings.put("internal.datacollector.max_recent_query_count", "0");
        settings.put("server.memory.query_cache.per_db_cache_num_entries", "200");
        settings.put("internal.vm_pause_monitor.enabled", "false");
        settings.put("db.logs.query.enabled", "OFF");
        settings.put("server.logs.debug.enabled", "false");
        settings.put("internal.dbms.dump_diagnostics", "false");

        StringBuilder text = new StringBuilder();
        settings.forEach((name, value) ->
                text.append(Release.RUNNING.setting(name)).append('=').append(escape(value)).append('\n'));
        Files.writeString(file, text);
    }

    private static String hostPort(String host, int port) {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    /** The file is read as Java properties, where a backslash escapes. */
    private static String escape(String value) {
        return value.replace("\\", "\\\\");
    }
}
