using System.Text.RegularExpressions;
using FraudStreams.Configuration;
using Npgsql;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Deploy;

/// <summary>docker-compose.yml is consistent with the program and with itself: paths, ports, roles, keys and names.</summary>
[Trait("Category", "Integration")]
public sealed partial class ComposeTests
{
    static readonly ComposeFile File = ComposeFile.Read();

    [Fact]
    public void Every_role_runs_in_exactly_one_service()
    {
        var roles = File.Ours.SelectMany(service => service.Settings().Roles).ToList();

        File.Ours.Length.ShouldBeGreaterThanOrEqualTo(3);
        // The API answers its own machine alone, which in a container is nobody.
        roles.Order().ShouldBe(Enum.GetValues<Role>().Where(role => role != Role.Api).Order());
    }

    /// <summary>Read by the program's own code: an unknown key or value fails here as it would there.</summary>
    [Fact]
    public void Each_service_is_configured_with_the_addresses_of_the_others()
    {
        foreach (var service in File.Ours)
        {
            var settings = service.Settings();

            Listens(settings.Topics.Kafka.ShouldNotBeNull().BootstrapServers);
            var database = new NpgsqlConnectionStringBuilder(settings.Store.Postgres.ShouldNotBeNull().Connection);
            Listens($"{database.Host}:{database.Port}");
            settings.Alerts.Journal.Postgres.ShouldNotBeNull();
            var server = File.Services[database.Host!].Environment;
            (database.Database, database.Username).ShouldBe((server["POSTGRES_DB"], server["POSTGRES_USER"]));
            service.Environment["FRAUDSTREAMS_POSTGRES_PASSWORD"].ShouldBe(server["POSTGRES_PASSWORD"]);
            if (settings.Roles.Contains(Role.Alert))
                Listens($"{settings.Alerts.Mail.Host}:{settings.Alerts.Mail.Port}");
        }
    }

    [Fact]
    public void Every_published_port_is_one_of_its_service_and_local_to_the_machine()
    {
        var ports = File.Services.Values.SelectMany(service => service.Ports.Select(port => (service, port.Split(':')))).ToList();

        ports.Count.ShouldBeGreaterThanOrEqualTo(3);
        foreach (var (service, parts) in ports)
        {
            parts[0].ShouldBe("127.0.0.1");
            ListenedPorts(service).ShouldContain(parts[2], service.Name);
        }
    }

    [Fact]
    public void The_broker_advertises_its_name_inside_and_its_published_port_outside()
    {
        var kafka = File.Services["kafka"];
        var advertised = kafka.Environment["KAFKA_ADVERTISED_LISTENERS"].Split(',');
        var protocols = kafka.Environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].Split(',').Select(pair => pair.Split(':')[0]).ToList();

        advertised.ShouldContain($"INSIDE://{File.Ours[0].Settings().Topics.Kafka!.BootstrapServers}");
        advertised.ShouldContain($"OUTSIDE://localhost:{kafka.Ports.Single().Split(':')[1]}");
        kafka.Environment["KAFKA_LISTENERS"].Split(',').Select(listener => listener.Split(':')[0]).ShouldBe(protocols);
        protocols.ShouldContain(kafka.Environment["KAFKA_INTER_BROKER_LISTENER_NAME"]);
        protocols.ShouldContain(kafka.Environment["KAFKA_CONTROLLER_LISTENER_NAMES"]);
        var voter = kafka.Environment["KAFKA_CONTROLLER_QUORUM_VOTERS"].Split('@', ':');
        (voter[0], voter[1]).ShouldBe((kafka.Environment["KAFKA_NODE_ID"], kafka.Name));
        ListenedPorts(kafka).ShouldContain(voter[2]);
    }

    [Fact]
    public void Every_mounted_path_exists_and_every_volume_is_declared_and_used()
    {
        var mounts = File.Services.Values.SelectMany(service => service.Volumes).Select(mount => mount.Split(':')[0]).Distinct().ToList();

        foreach (var path in mounts.Where(mount => mount.StartsWith('.')))
            Path.Exists(Repository.PathOf(path)).ShouldBeTrue(path);
        mounts.Where(mount => !mount.StartsWith('.')).Order().ShouldBe(File.Volumes.Order());
        foreach (var service in File.Ours)
        {
            Path.Exists(Repository.PathOf(service.Dockerfile!)).ShouldBeTrue();
            service.Context.ShouldBe(".");
            service.Command[0].ShouldBe("run");
            Path.Exists(Repository.PathOf(service.Command[^1])).ShouldBeTrue(service.Command[^1]);
        }
    }

    /// <summary>Files of the repository are mounted over those of the image at the same path, and models are kept where the program writes them.</summary>
    [Fact]
    public void Mounts_are_at_the_paths_that_the_program_reads()
    {
        var workDirectory = Dockerfile.Read().Of("WORKDIR").Last();
        foreach (var service in File.Ours)
            service.Volumes.ShouldContain($"./hocon:{workDirectory}/hocon:ro");

        var scorer = File.Ours.Single(service => service.Settings().Roles.Contains(Role.Score));
        scorer.Volumes.ShouldContain($"models:{scorer.Settings().DataDirectory}/models");
    }

    [Fact]
    public void Each_service_waits_for_the_health_check_of_its_dependencies()
    {
        foreach (var service in File.Ours)
        {
            service.DependsOn.ShouldBe(["kafka", "postgres"], ignoreOrder: true);
            foreach (var other in service.DependsOn)
                File.Services[other].HealthCheck[0].ShouldBe("CMD");
        }
    }

    [Fact]
    public void The_readme_names_existing_services()
    {
        var calls = Call().Matches(Repository.Read("README.md")).Select(call => call.Value).ToList();
        var words = calls.SelectMany(call => call.Split(' ', '=')).ToHashSet();

        calls.Count.ShouldBeGreaterThanOrEqualTo(2);
        foreach (var service in File.Ours.Where(service => words.Contains(service.Name)))
            words.Remove(service.Name);
        words.Where(word => !word.StartsWith('-')).ShouldBeSubsetOf(
            ["docker", "compose", "up", "logs", "run", "restart", "3", "./history.csv:/history.csv", "train", "/history.csv"]);
    }

    static void Listens(string address)
    {
        var parts = address.Split(':');
        File.Services.ShouldContainKey(parts[0]);
        ListenedPorts(File.Services[parts[0]]).ShouldContain(parts[1], address);
    }

    /// <summary>The ports that a service's own configuration names; none is an image's default.</summary>
    static List<string> ListenedPorts(ComposeService service) => service.Environment
        .Where(variable => variable.Key is "KAFKA_LISTENERS" or "PGPORT" or "MP_SMTP_BIND_ADDR" or "MP_UI_BIND_ADDR")
        .SelectMany(variable => variable.Value.Split(',')).Select(text => Port().Match(text).Value).ToList();

    [GeneratedRegex("docker compose [^#&\n]*[^#& \n]")]
    private static partial Regex Call();

    [GeneratedRegex(@"\d+$")]
    private static partial Regex Port();
}
