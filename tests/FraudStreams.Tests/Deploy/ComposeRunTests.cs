using FraudStreams.Storage;
using FraudStreams.Storage.Postgres;
using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Tests.Storage;
using FraudStreams.Tests.WholeProgram;
using Npgsql;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Deploy;

/// <summary>
/// Our services of docker-compose.yml without containers: one process each, with the command and environment of the file and other addresses for broker,
/// database and mail server. From an empty start.
/// </summary>
[Trait("needs", "kafka, PostgreSQL, mail")]
[Collection(ServersCollection.Name)]
[Trait("Category", "Integration")]
public sealed class ComposeRunTests(KafkaBroker broker, PostgresServer postgres) : IClassFixture<KafkaBroker>, IClassFixture<PostgresServer>
{
    const string AnyMore = "2";

    readonly PostgresStoreSettings _store = postgres.NewStore();

    [ComposeRunFact]
    public async Task From_an_empty_start_payments_flow_through_all_services()
    {
        using var folders = new TemporaryFolder();
        await using var mail = await SmtpServer.StartAsync(SmtpServer.FreePort());
        var file = ComposeFile.Read();
        var models = Directory.CreateDirectory(Path.Combine(folders, "models")).FullName;
        var hosts = new Dictionary<string, FraudStreamsProcess>();
        try
        {
            // Two scorers, as with --scale score=2, that start together on an empty model registry.
            foreach (var service in file.Ours)
                hosts[service.Name] = Start(service, service.Name);
            var scorer = file.Services["score"];
            hosts[scorer.Name + AnyMore] = Start(scorer, scorer.Name + AnyMore);

            await Until(() => Stored() > 500 && mail.Messages.Count > 0);
            foreach (var name in hosts.Keys)
                await UntilHealthIs(0, name, "healthy");
            Directory.GetDirectories(models).Length.ShouldBe(1);

            await postgres.KillAsync();
            await UntilHealthIs(1, "store", "store has been failing since");
            await UntilHealthIs(0, "score", "healthy");
            postgres.Start();
            await UntilHealthIs(0, "store", "healthy");

            await broker.KillAsync();
            foreach (var name in hosts.Keys)
                await UntilHealthIs(1, name, "topics");
            await broker.StartAsync();
            foreach (var name in hosts.Keys)
                await UntilHealthIs(0, name, "healthy");

            foreach (var host in hosts.Values)
                await host.TerminateAsync();
            foreach (var (name, host) in hosts)
                (await host.ExitAsync()).ShouldBe(0, $"{name}: {host.Errors}");
            (await HealthAsync("store")).Code.ShouldBe(1);
        }
        finally
        {
            foreach (var host in hosts.Values)
                await host.DisposeAsync();
        }

        FraudStreamsProcess Start(ComposeService service, string name)
        {
            var data = Directory.CreateDirectory(Path.Combine(folders, name)).FullName;
            if (service.Volumes.Any(mount => mount.StartsWith("models:", StringComparison.Ordinal)))
                Directory.CreateSymbolicLink(Path.Combine(data, "models"), models);
            return FraudStreamsProcess.Start(Repository.Root, service.Command, Environment(service, data, mail.Port));
        }

        async Task<(int Code, string Output)> HealthAsync(string name)
        {
            await using var health = FraudStreamsProcess.Start(Repository.Root, ["health"], ("FRAUDSTREAMS__DATA", Path.Combine(folders, name)));
            return (await health.ExitAsync(), health.Output + health.Errors);
        }

        async Task UntilHealthIs(int code, string name, string why)
        {
            await Heartbeats.UntilAsync(Path.Combine(folders, name), isHealthy: code == 0, hosts[name], code == 0 ? "" : why);
            var last = (Code: -1, Output: "");
            await Eventually.TrueAsync(
                async () => (last = await HealthAsync(name)).Code == code && last.Output.Contains(why, StringComparison.Ordinal),
                $"`health` of {name} to say \"{why}\"");
        }
    }

    IEnumerable<(string Name, string Value)> Environment(ComposeService service, string data, int mailPort)
    {
        var environment = service.Environment.ToDictionary(variable => variable.Key, variable => variable.Value);
        environment["FRAUDSTREAMS__DATA"] = data;
        environment["FRAUDSTREAMS__TOPICS__KAFKA__BOOTSTRAP_SERVERS"] = broker.Servers;
        environment["FRAUDSTREAMS__STORE__POSTGRESQL__CONNECTION_STRING"] = _store.Connection;
        environment["FRAUDSTREAMS__STORE__POSTGRESQL__SCHEMA"] = _store.Schema;
        environment["FRAUDSTREAMS_POSTGRES_PASSWORD"] = _store.Password.Reveal();
        if (environment.ContainsKey("FRAUDSTREAMS__ALERTS__MAIL__HOST"))
        {
            environment["FRAUDSTREAMS__ALERTS__MAIL__HOST"] = "127.0.0.1";
            environment["FRAUDSTREAMS__ALERTS__MAIL__PORT"] = $"{mailPort}";
        }

        // A smaller history for the first model: its quality does not matter here.
        environment["FRAUDSTREAMS__MODEL__FIRST_RUN__PAYMENTS"] = "6000";
        environment["FRAUDSTREAMS__MODEL__TREES"] = "30";
        environment["FRAUDSTREAMS__SIMULATE__FRAUD_SHARE"] = "0.03";
        return environment.Select(variable => (variable.Key, variable.Value));
    }

    /// <summary>0 while the server or the table does not exist yet.</summary>
    long Stored()
    {
        try
        {
            return PredictionStore.ReadCounts(_store).Stored;
        }
        catch (Exception e) when (e is StoreException or NpgsqlException)
        {
            return 0;
        }
    }

    static Task Until(Func<bool> condition) => Eventually.TrueAsync(condition, "payments in the store and mails", limitSeconds: 120, everyMilliseconds: 200);
}

[AttributeUsage(AttributeTargets.Method)]
sealed class ComposeRunFactAttribute : FactAttribute
{
    public ComposeRunFactAttribute() =>
        Skip = KafkaBroker.WhyNotOwn ?? PostgresServer.WhyNotOwn ?? (SmtpServer.Python is null ? "needs python3 with aiosmtpd (Debian: python3-aiosmtpd)" : null);
}
