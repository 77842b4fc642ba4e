using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using FraudStreams.Access;
using FraudStreams.Access.Keys;
using FraudStreams.Messaging;
using FraudStreams.Pipelines;
using FraudStreams.Tests.Api;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>
/// Three hosts on a broker, a partition each, over TLS, with keys and an issuer: whichever is asked, the one that has the card's windows scores, for the caller whose key or token it is.
/// </summary>
[Trait("needs", "kafka")]
[Collection(ServersCollection.Name)]
[Trait("Category", "Integration")]
public sealed partial class WhatIfHostsTests(SharedBroker broker) : IClassFixture<SharedBroker>
{
    const int Hosts = 3, Before = 600, Asked = 200;

    readonly string _prefix = $"whatif{Guid.NewGuid():N}.";

    [KafkaFact]
    public async Task Every_host_says_of_every_card_what_the_stream_says_and_of_one_whose_host_is_away_nothing()
    {
        using var folder = new StreamFolder(Before + Asked);
        var settings = SettingsOf.Set(
            "topics.kind=kafka", $"topics.kafka.bootstrap-servers={broker.Servers}", $"topics.kafka.prefix={_prefix}", $"topics.partitions={Hosts}");
        await using var topics = StreamTopics.Open(settings, NullLogger.Instance, TimeProvider.System);
        var key = await KeyAsync(settings);
        await using var issuer = await TestIssuer.StartAsync();
        MakeCertificate(folder);
        var payments = ProtocolsTests.JsonOf(folder.Input);
        await PublishAsync(topics, payments[..Before]);
        var hosts = Enumerable.Range(0, Hosts).Select(number => Start(folder, number, issuer)).ToList();
        try
        {
            var clients = new List<HttpClient>();
            foreach (var host in hosts)
                clients.Add(await ClientAsync(host, key));
            await Eventually.TrueAsync(async () => (await OwnersAsync(topics)).Values.Distinct().Count() == Hosts, limitSeconds: 60, everyMilliseconds: 50);
            await Eventually.TrueAsync(async () => (await PredictionsAsync(topics)).Count == Before, limitSeconds: 60, everyMilliseconds: 50);

            var list = $"[{string.Join(',', payments[Before..])}]";
            var answers = new List<string>();
            foreach (var client in clients)
            {
                var (status, _, body) = (HttpStatusCode.OK, "", "");
                await Eventually.TrueAsync(async () => ((status, _, body) = await AskAsync(client, list)).Item1 == HttpStatusCode.OK, limitSeconds: 60, everyMilliseconds: 50);
                answers.Add(body);
            }

            using (var person = NewClient(clients[0].BaseAddress!, issuer.Token("fraudstreams", "viewer")))
                answers.Add((await AskAsync(person, list)).Body);
            await PublishAsync(topics, payments[Before..]);
            await Eventually.TrueAsync(async () => (await PredictionsAsync(topics)).Count == Before + Asked, limitSeconds: 60, everyMilliseconds: 50);
            var stream = await PredictionsAsync(topics);

            answers.Distinct().Count().ShouldBe(1);
            var scored = JsonElement.Parse(answers[0]).GetProperty("predictions").EnumerateArray().ToList();
            scored.Count.ShouldBe(Asked);
            scored.ShouldAllBe(prediction => stream[prediction.GetProperty("id").GetString()!].Score == prediction.GetProperty("score").GetDouble());
            scored.Select(prediction => stream[prediction.GetProperty("id").GetString()!].Partition).Distinct().Count().ShouldBe(Hosts);
            scored.Count(prediction => prediction.GetProperty("reasons").GetArrayLength() > 0).ShouldBeGreaterThan(0);
            await ShouldRefuseOthersAsync(clients[0].BaseAddress!, list, issuer);

            var owners = await OwnersAsync(topics);
            await hosts[2].KillAsync();
            var gone = owners.Single(owner => owner.Value.Address == clients[2].BaseAddress).Key;
            var ofGone = payments[Before..].First(payment => stream[IdOf(payment)].Partition == gone);
            var (away, retryAfter, problem) = await AskAsync(clients[0], ofGone);

            away.ShouldBe(HttpStatusCode.ServiceUnavailable, problem);
            retryAfter.ShouldBe("1");
            problem.ShouldContain("urn:fraudstreams:problem:elsewhere");
            problem.ShouldContain($"transactions/{gone}");
        }
        finally
        {
            foreach (var host in hosts)
                await host.DisposeAsync();
        }
    }

    /// <summary>A key that is not in force is refused by the host that is asked; nothing is passed on.</summary>
    static async Task ShouldRefuseOthersAsync(Uri address, string list, TestIssuer issuer)
    {
        foreach (var shown in (string?[])[null, "fs_nobody", issuer.Token("another program", "viewer")])
        {
            using var stranger = NewClient(address, shown);
            (await AskAsync(stranger, list)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        }
    }

    FraudStreamsProcess Start(StreamFolder folder, int number, TestIssuer issuer)
    {
        var data = folder.File($"host{number}");
        TrainedModel.PutInService(data);
        string[] set = ["api.keys=on", "batch.wait=10ms", $"api.oidc.issuer={issuer.Address}", $"api.tls.certificate-file={folder.File("server.pem")}", $"api.tls.key-file={folder.File("server.key")}"];

        // What this machine trusts, as update-ca-certificates would make it.
        return FraudStreamsProcess.Start(
            folder.Path, ["run", "--roles", "score,api", "--data", data, .. KafkaRunTests.SettingsFor(broker, _prefix), .. KafkaRunTests.PatientSession, .. set.SelectMany(setting => (string[])["--set", setting])],
            ("SSL_CERT_FILE", folder.File("server.pem")));
    }

    static void MakeCertificate(StreamFolder folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        File.WriteAllText(folder.File("server.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(folder.File("server.key"), key.ExportPkcs8PrivateKeyPem());
    }

    static async Task<string> KeyAsync(FraudSettings settings)
    {
        await using var access = new AccessTopics(() => StreamTopics.OpenAccess(settings, NullLogger.Instance, TimeProvider.System), TimeProvider.System);
        await using var keys = new KeyLog(access, TimeProvider.System);
        return (await keys.AddAsync("asker", AccessRole.Viewer, "the test", default)).Key;
    }

    static async Task<HttpClient> ClientAsync(FraudStreamsProcess host, string key)
    {
        await host.LineAsync("The API answers at ");
        return NewClient(new Uri(Address().Match(host.Output).Value), key);
    }

    static HttpClient NewClient(Uri address, string? shown)
    {
#pragma warning disable MA0039 // the certificate is made by the test, on this machine
        var client = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator }) { BaseAddress = address };
#pragma warning restore MA0039
        if (shown is not null)
            client.DefaultRequestHeaders.Add("Authorization", $"Bearer {shown}");
        return client;
    }

    static async Task<(HttpStatusCode Status, string RetryAfter, string Body)> AskAsync(HttpClient client, string payments)
    {
        using var content = new StringContent(payments, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        using var answer = await client.PostAsync("/predict", content);
        return (answer.StatusCode, answer.Headers.RetryAfter?.ToString() ?? "", await answer.Content.ReadAsStringAsync());
    }

    static async Task PublishAsync(IMessageLog topics, string[] payments)
    {
        var records = new RecordBatch(payments.Length);
        foreach (var payment in payments)
        {
            using var json = JsonDocument.Parse(payment);
            records.Add(TopicNames.Transactions, Encoding.UTF8.GetBytes(json.RootElement.GetProperty("cc_num").ToString()), Encoding.UTF8.GetBytes(payment));
        }

        await topics.PublishAsync(records, default);
    }

    static Task<System.Collections.Immutable.ImmutableDictionary<int, PartitionOwner>> OwnersAsync(IMessageLog topics) => topics.OwnersAsync(TopicNames.Transactions, ConsumerGroups.Score, default);

    /// <summary>By id: the score, and the partition.</summary>
    static async Task<Dictionary<string, (double Score, int Partition)>> PredictionsAsync(IMessageLog topics)
    {
        var predictions = new Dictionary<string, (double, int)>();
        for (var number = 0; number < Hosts; number++)
        {
            await using var reader = topics.OpenReader(new TopicPartition(TopicNames.Predictions, number), 0);
            while (await reader.NextAsync(wait: true, default) is { Count: > 0 } records)
            {
                foreach (var record in records)
                {
                    using var json = JsonDocument.Parse(record.Value);
                    predictions[json.RootElement.GetProperty("trans_num").GetString()!] = (json.RootElement.GetProperty("score").GetDouble(), number);
                }
            }
        }

        return predictions;
    }

    static string IdOf(string payment) => JsonElement.Parse(payment).GetProperty("trans_num").GetString()!;

    [GeneratedRegex(@"https://127\.0\.0\.1:\d+/")]
    private static partial Regex Address();
}
