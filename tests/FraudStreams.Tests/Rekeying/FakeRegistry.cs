using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FraudStreams.Tests.Rekeying;

/// <summary>
/// A fake: as much of a schema registry's interface as Confluent's client and serialisers ask for, in this process. A real one cannot be had here. What it answers
/// is written after the public description of the interface.
/// </summary>
sealed class FakeRegistry : IDisposable
{
    readonly HttpListener _listener = new();
    readonly List<JsonObject> _schemas = [];
    readonly Lock _gate = new();

    public FakeRegistry()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        }

        _listener.Prefixes.Add($"{Url}/");
        _listener.Start();
        _ = ServeAsync();
    }

    public string Url { get; }

    /// <summary>While it is away every question is answered by 503.</summary>
    public bool IsAway { get; set; }

    /// <summary>As older releases are: there is no address for GUIDs.</summary>
    public bool KnowsNoGuids { get; set; }

    /// <summary>So many questions more are answered by 503.</summary>
    public int AwayFor { get; set; }

    /// <summary>The user and password that it wants; null: none.</summary>
    public string? Credentials { get; set; }

    /// <summary>Questions for the schema of an id.</summary>
    public int Asked { get; private set; }

    /// <param name="type">AVRO, JSON or PROTOBUF.</param>
    /// <returns>The schema's id.</returns>
    public int Register(string schema, string type = "AVRO", string subject = "payments.v1-value", params IEnumerable<(string Name, string Subject)> references)
    {
        lock (_gate)
        {
            var version = _schemas.Count(known => known["subject"]!.GetValue<string>() == subject) + 1;
            _schemas.Add(new JsonObject
            {
                ["subject"] = subject,
                ["version"] = version,
                ["id"] = _schemas.Count + 1,
                ["guid"] = new Guid(_schemas.Count + 1, 7, 7, new byte[8]).ToString(),
                ["schemaType"] = type,
                ["schema"] = schema,
                ["references"] = new JsonArray([.. references.Select(of => new JsonObject { ["name"] = of.Name, ["subject"] = of.Subject, ["version"] = 1 })]),
            });
            return _schemas.Count;
        }
    }

    public void Dispose() => _listener.Close();

    async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream);
                var (status, answer) = Answer(context.Request, await reader.ReadToEndAsync());
                context.Response.StatusCode = status;
                context.Response.ContentType = "application/vnd.schemaregistry.v1+json";
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer));
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // Closed, or a client that did not wait for the answer.
            }
        }
    }

    (int Status, string Answer) Answer(HttpListenerRequest request, string body)
    {
        if (IsAway || AwayFor-- > 0)
            return (503, """{"error_code":50302,"message":"away"}""");
        if (Credentials is { } wanted && request.Headers["Authorization"] != $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(wanted))}")
            return (401, """{"error_code":401,"message":"Unauthorized"}""");
        var path = request.Url!.AbsolutePath.Trim('/').Split('/');
        switch (request.HttpMethod, path)
        {
            case ("GET", ["schemas", "ids", var asked]):
                Asked++;
                lock (_gate)
                {
                    return int.Parse(asked) is var number && number >= 1 && number <= _schemas.Count
                        ? (200, _schemas[number - 1].ToJsonString())
                        : (404, """{"error_code":40403,"message":"Schema not found"}""");
                }

            case ("GET", ["schemas", "guids", var guid]) when !KnowsNoGuids:
                Asked++;
                lock (_gate)
                {
                    return _schemas.Find(known => known["guid"]!.GetValue<string>() == guid) is { } found
                        ? (200, found.ToJsonString())
                        : (404, """{"error_code":40403,"message":"Schema not found"}""");
                }

            case ("GET", ["subjects", var subject, "versions", var version]):
                lock (_gate)
                {
                    return _schemas.Find(known => known["subject"]!.GetValue<string>() == subject && known["version"]!.ToJsonString() == version) is { } found
                        ? (200, found.ToJsonString())
                        : (404, """{"error_code":40401,"message":"Subject not found"}""");
                }

            case ("GET", ["subjects"]):
                lock (_gate)
                    return (200, JsonSerializer.Serialize(_schemas.Select(known => known["subject"]!.GetValue<string>()).Distinct()));
            case ("POST", ["subjects", var subject, "versions"]):
                var schema = JsonNode.Parse(body)!;
                var id = Register(schema["schema"]!.GetValue<string>(), schema["schemaType"]?.GetValue<string>() ?? "AVRO", subject);
                lock (_gate)
                    return (200, _schemas[id - 1].ToJsonString());
            default:
                return (404, JsonSerializer.Serialize(new { error_code = 404, message = $"{request.HttpMethod} {request.Url} is not known to this fake" }));
        }
    }
}
