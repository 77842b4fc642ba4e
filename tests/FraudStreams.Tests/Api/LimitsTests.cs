using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using FraudStreams.Access;
using FraudStreams.Access.Keys;
using FraudStreams.Tests.WholeProgram;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Api;

/// <summary>How much, how often, over how many connections, and over TLS.</summary>
[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class LimitsTests
{
    [Fact]
    public async Task A_caller_above_the_rate_is_refused_and_others_are_not()
    {
        using var folder = new StreamFolder(payments: 50);
        await using var api = await RunningApi.StartAsync(folder, "api.keys=on", "api.limits.requests-per-second=5");
        var keys = api.Services.GetRequiredService<KeyLog>();
        var (greedy, other) = ((await keys.AddAsync("greedy", AccessRole.Viewer, "test", default)).Key, (await keys.AddAsync("other", AccessRole.Viewer, "test", default)).Key);

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => AskAsync(api.Client, greedy)));
        var beside = await AskAsync(api.Client, other);
        await Eventually.TrueAsync(async () => (await AskAsync(api.Client, greedy)).Status == HttpStatusCode.OK);

        answers.Count(answer => answer.Status == HttpStatusCode.OK).ShouldBeInRange(5, 80, "a machine that takes seconds for them may grant some more");
        var refused = answers.First(answer => answer.Status != HttpStatusCode.OK);
        refused.Status.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Text.ShouldContain("urn:fraudstreams:problem:too-many");
        refused.RetryAfter.ShouldNotBeNull();
        beside.Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Connections_above_the_limit_are_closed_and_the_others_answered()
    {
        using var folder = new StreamFolder(payments: 50);
        await using var api = await RunningApi.StartAsync(folder, "api.limits.connections=8");
        var address = api.Client.BaseAddress!;
        var idle = new List<TcpClient>();
        for (var number = 0; number < 30; number++)
        {
            var client = new TcpClient();
            await client.ConnectAsync(address.Host, address.Port);
            idle.Add(client);
        }

        // What is closed can be read to its end at once; nothing is sent to the others.
        await Eventually.TrueAsync(() => idle.Count(client => client.Client.Poll(0, SelectMode.SelectRead)) >= 22, "closed connections", everyMilliseconds: 20);
        (await api.Client.GetAsync("/livez")).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var client in idle)
            client.Dispose();
    }

    [Theory]
    [InlineData("pem")]
    [InlineData("pfx")]
    public async Task A_certificate_from_a_file_makes_it_https(string form)
    {
        using var folder = new StreamFolder(payments: 50);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        var (file, keyFile, password) = (folder.File($"server.{form}"), folder.File("server.key"), folder.File("password"));
        string[] set;
        if (form == "pem")
        {
            await File.WriteAllTextAsync(file, certificate.ExportCertificatePem());
            await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem());
            set = [$"api.tls.certificate-file={file}", $"api.tls.key-file={keyFile}"];
        }
        else
        {
            await File.WriteAllBytesAsync(file, certificate.Export(X509ContentType.Pfx, "secret words"));
            await File.WriteAllTextAsync(password, "secret words\n");
            set = [$"api.tls.certificate-file={file}", $"api.tls.password-file={password}"];
        }

        await using var api = await RunningApi.StartAsync(folder, [.. set]);
        using var open = new HttpClient { BaseAddress = new UriBuilder(api.Client.BaseAddress!) { Scheme = "http" }.Uri };
        using var answer = await api.Client.GetAsync("/status");

        api.Client.BaseAddress!.Scheme.ShouldBe("https");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.GetValues("Strict-Transport-Security").Single().ShouldStartWith("max-age=");
        await Should.ThrowAsync<HttpRequestException>(() => open.GetAsync("/status"));
    }

    [Fact]
    public async Task A_request_that_comes_byte_by_byte_is_cut_off_and_holds_nobody_up()
    {
        using var folder = new StreamFolder(payments: 50);
        await using var api = await RunningApi.StartAsync(folder);
        var address = api.Client.BaseAddress!;
        using var slow = new TcpClient();
        await slow.ConnectAsync(address.Host, address.Port);
        var stream = slow.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /predict HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"));
        var cut = false;
        for (var second = 0; second < 40 && !cut; second++)
        {
            try
            {
                await stream.WriteAsync("["u8.ToArray());
                await Task.Delay(TimeSpan.FromMilliseconds(250));
                cut = slow.Client.Poll(0, SelectMode.SelectRead);
            }
            catch (IOException)
            {
                cut = true;
            }

            (await api.Client.GetAsync("/livez")).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        cut.ShouldBeTrue("the connection was still open after ten seconds");
    }

    static async Task<(HttpStatusCode Status, string Text, string? RetryAfter)> AskAsync(HttpClient client, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/speeds") { Headers = { { "X-Api-Key", key } } };
        using var answer = await client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.RetryAfter?.ToString());
    }
}
