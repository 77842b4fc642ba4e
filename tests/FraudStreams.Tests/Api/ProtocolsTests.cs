using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Csv;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Api;

/// <summary>Requests as the documents of each protocol have them, not as our code reads them.</summary>
[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class ProtocolsTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    const int AtOnce = 60;

    readonly RunningApi _api = fixture.Api;
    readonly string[] _payments = JsonOf(fixture.Folder.Input);

    /// <summary>
    /// Payments in the order of their file, some of one card in one request: what each protocol says beforehand, and the stream when they come, and what it publishes.
    /// </summary>
    [Fact]
    public async Task All_doors_give_the_scores_of_the_stream_bit_for_bit()
    {
        var header = File.ReadLines(fixture.Folder.Input).First();
        var lines = File.ReadLines(fixture.Folder.Input).Skip(1).ToArray();
        var expected = new Dictionary<string, double>();
        for (var from = 0; from < 1_500; from += AtOnce)
        {
            var payments = _payments[from..(from + AtOnce)];
            var list = $"[{string.Join(',', payments)}]";

            var asked = Scores(await _api.AskAsync("/predict", list));
            var records = Scores(await _api.AskAsync("/invocations", $$"""{"dataframe_records":{{list}}}"""));
            var split = Scores(await _api.AskAsync("/invocations", Split(payments)));
            var csv = Scores(await _api.AskAsync("/invocations", $"{header}\n{string.Join('\n', lines[from..(from + AtOnce)])}\n", "text/csv"));
            var tensors = (await _api.AskAsync("/v2/models/cards/infer", Tensors(payments))).GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(score => score.GetDouble()).ToArray();
            var recorded = await _api.AskAsync("/predict?mode=record", list);

            var stream = Scores(recorded);
            asked.ShouldBe(stream);
            records.ShouldBe(stream);
            split.ShouldBe(stream);
            csv.ShouldBe(stream);
            tensors.ShouldBe(stream);
            foreach (var prediction in recorded.GetProperty("predictions").EnumerateArray())
                expected.Add(prediction.GetProperty("id").GetString()!, prediction.GetProperty("score").GetDouble());
        }

        var published = EmbeddedLog.ReadRecords(fixture.Folder.Data, TopicNames.Predictions).Select(record => JsonDocument.Parse(record.Value).RootElement)
            .ToDictionary(json => json.GetProperty("trans_num").GetString()!, json => json.GetProperty("score").GetDouble());
        foreach (var (id, score) in expected)
            published[id].ShouldBe(score);
        expected.Values.Count(score => score >= TrainedModel.Loaded.Threshold).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task An_answer_says_what_was_decided_by_whom_and_why()
    {
        var fraud = _payments.Select(payment => JsonNode.Parse(payment)!.AsObject()).First(payment => payment["is_fraud"]!.GetValue<int>() == 1);
        fraud["amt"] = 1_500;
        fraud["trans_num"] = "asked";

        var answer = (await _api.AskAsync("/predict", fraud.ToJsonString())).GetProperty("predictions")[0];
        var labels = await _api.AskAsync("/predict?format=labels", $"[{fraud.ToJsonString()}]");

        answer.EnumerateObject().Select(property => property.Name).ShouldBe(["id", "score", "prediction", "model_version", "threshold", "reasons"]);
        answer.GetProperty("id").GetString().ShouldBe("asked");
        answer.GetProperty("model_version").GetString().ShouldBe(TrainedModel.Loaded.Version);
        answer.GetProperty("threshold").GetDouble().ShouldBe(TrainedModel.Loaded.Threshold);
        var isFraud = answer.GetProperty("score").GetDouble() >= TrainedModel.Loaded.Threshold;
        answer.GetProperty("prediction").GetInt32().ShouldBe(isFraud ? 1 : 0);
        isFraud.ShouldBeTrue();
        answer.GetProperty("reasons")[0].GetProperty("text").GetString().ShouldNotBeNullOrEmpty();
        labels.GetProperty("predictions").EnumerateArray().Select(label => label.GetInt32()).ShouldBe([1]);
        fixture.Folder.IdsOf(TopicNames.Transactions, "trans_num").ShouldNotContain("asked");
    }

    /// <summary>Each with the row and the field, and nothing of the request.</summary>
    [Theory]
    [InlineData("amt", "\"SECRET-1\"", "wrong-type")]
    [InlineData("amt", "\"NaN\"", "not-finite")]
    [InlineData("amt", "NaN", "not-finite")]
    [InlineData("amt", "-Infinity", "not-finite")]
    [InlineData("amt", "null", "missing-field")]
    [InlineData("amt", "[\"SECRET-1\"]", "nested-value")]
    [InlineData("amt", "true", "wrong-type")]
    [InlineData("unix_time", "\"SECRET-1\"", "not-a-time")]
    [InlineData("unix_time", "99999999999999", "time-out-of-range")]
    [InlineData("cc_num", "\"SECRET-1\"", "damaged-number")]
    [InlineData("merchant", "\"\"", "empty-field")]
    public async Task A_value_that_makes_no_sense_is_named_and_not_repeated(string field, string value, string code)
    {
        var wrong = With(_payments[2_001], field, value);

        foreach (var (path, body) in new[]
        {
            ("/predict", $"[{_payments[2_000]},{wrong}]"),
            ("/predict?mode=record", $"[{_payments[2_000]},{wrong}]"),
            ("/invocations", $$"""{"dataframe_records":[{{_payments[2_000]}},{{wrong}}]}"""),
        })
        {
            var (status, type, text) = await _api.PostAsync(path, body);
            status.ShouldBe(400, text);
            text.ShouldContain("row 1");
            text.ShouldContain(field);
            text.ShouldNotContain("SECRET");
            foreach (var secret in SecretsOf(_payments[2_000]))
                text.ShouldNotContain(secret);
            if (path == "/invocations")
            {
                JsonElement.Parse(text).GetProperty("error_code").GetString().ShouldBe("BAD_REQUEST");
                continue;
            }

            type.ShouldBe("application/problem+json");
            var problem = JsonElement.Parse(text);
            problem.GetProperty("status").GetInt32().ShouldBe(400);
            var error = problem.GetProperty("errors").EnumerateArray().ShouldHaveSingleItem();
            (error.GetProperty("row").GetInt32(), error.GetProperty("field").GetString(), error.GetProperty("code").GetString()).ShouldBe((1, field, code));
        }
    }

    [Fact]
    public async Task Missing_unknown_and_repeated_columns_and_repeated_payments_are_named()
    {
        var payment = _payments[2_100];
        var lacking = JsonNode.Parse(payment)!.AsObject();
        lacking.Remove("category");

        var missing = await ProblemAsync($"[{lacking.ToJsonString()}]");
        var unknown = await ProblemAsync($$"""{"colour":"SECRET",{{payment[1..]}}""");
        var repeated = await ProblemAsync($$"""{"amt":1,{{payment[1..]}}""");
        var twice = await ProblemAsync($"[{payment},{payment}]");
        var reserved = await ProblemAsync($$"""{"score":1,{{payment[1..]}}""");

        missing.ShouldBe((0, "category", "missing-field"));
        unknown.ShouldBe((0, null, "unknown-field"));
        repeated.ShouldBe((0, "amt", "duplicate-field"));
        twice.ShouldBe((1, "trans_num", "duplicate-id"));
        reserved.ShouldBe((0, null, "reserved-field"));
    }

    [Theory]
    [InlineData("/predict", "")]
    [InlineData("/predict", "[]")]
    [InlineData("/predict", "7")]
    [InlineData("/predict", "[7]")]
    [InlineData("/predict", "[{]")]
    [InlineData("/predict", "{}{}")]
    [InlineData("/predict", "\u0000\uFFFF")]
    [InlineData("/predict?mode=maybe", "[]")]
    [InlineData("/invocations", "[]")]
    [InlineData("/invocations", "{}")]
    [InlineData("/invocations", "{\"instances\":[],\"inputs\":[]}")]
    [InlineData("/invocations", "{\"dataframe_split\":{\"columns\":[\"amt\"],\"data\":[[1,2]]}}")]
    [InlineData("/invocations", "{\"dataframe_split\":{\"columns\":[1],\"data\":[[1]]}}")]
    [InlineData("/invocations", "{\"dataframe_split\":{\"columns\":[\"\\ud800\"],\"data\":[[1]]}}")]
    [InlineData("/labels", "[{\"id\":\"x\",\"true_value\":1,\"confirmed_at\":\"2026-01-31T08:00:00Z\",\"confirmed_by\":\"\\ud800\"}]")]
    [InlineData("/labels", "[{\"id\":\"x\",\"true_value\":1,\"\\ud800\":NaN}]")]
    [InlineData("/predict", "[{\"trans_num\":\"\\udc00\"}]")]
    [InlineData("/v2/models/cards/infer", "{\"id\":\"\\ud800\",\"inputs\":[]}")]
    [InlineData("/invocations", "{\"inputs\":{\"amt\":[1],\"lat\":[1,2]}}")]
    [InlineData("/v2/models/cards/infer", "{}")]
    [InlineData("/v2/models/cards/infer", "{\"inputs\":[{\"name\":\"amt\",\"shape\":[2],\"datatype\":\"FP64\",\"data\":[1]}]}")]
    [InlineData("/v2/models/cards/infer", "{\"inputs\":[{\"name\":\"amt\",\"shape\":[1],\"datatype\":\"FP65\",\"data\":[1]}]}")]
    [InlineData("/v2/models/cards/infer", "{\"inputs\":[],\"outputs\":[{\"name\":\"colour\"}]}")]
    public async Task What_is_no_request_is_refused(string path, string body) => (await _api.PostAsync(path, body)).Status.ShouldBe(400);

    [Fact]
    public async Task Too_long_packed_and_other_bodies_are_refused()
    {
        (await _api.PostAsync("/predict", new string(' ', (10 << 20) + 1))).Status.ShouldBe(413);
        (await _api.PostAsync("/invocations", new string(' ', (10 << 20) + 1))).Status.ShouldBe(413);
        (await _api.PostAsync("/predict", _payments[0], "text/plain")).Status.ShouldBe(415);
        var (status, type, text) = await _api.PostAsync("/invocations", _payments[0], "application/xml");
        (status, type).ShouldBe((415, "text/plain"));
        text.ShouldContain("text/csv");
        (await _api.PostAsync("/invocations", _payments[0], "application/json; charset=latin1")).Status.ShouldBe(415);
        using var packed = new ByteArrayContent([1, 2, 3]);
        packed.Headers.ContentType = new("application/json");
        packed.Headers.ContentEncoding.Add("gzip");
        using var answer = await _api.Client.PostAsync("/predict", packed);
        ((int)answer.StatusCode).ShouldBe(415);
    }

    /// <summary>Bytes changed, cut out, doubled, cut off: what is still a request is answered, and nothing is a fault of ours.</summary>
    [Fact]
    public async Task Damaged_requests_are_refused_or_answered_and_never_a_fault()
    {
        var random = new Random(7);
        var header = File.ReadLines(fixture.Folder.Input).First();
        (string Path, string Type, string Body)[] requests =
        [
            ("/predict", "application/json", $"[{_payments[2_300]},{_payments[2_301]}]"),
            ("/invocations", "application/json", Split(_payments[2_300..2_302])),
            ("/invocations", "text/csv", $"{header}\n{File.ReadLines(fixture.Folder.Input).ElementAt(2_300)}\n"),
            ("/v2/models/cards/infer", "application/json", Tensors(_payments[2_300..2_302])),
            ("/labels", "application/json", """[{"id":"x","true_value":1,"confirmed_at":"2026-01-31T08:00:00Z","confirmed_by":"ada"}]"""),
        ];
        var answered = new Dictionary<int, int>();
        for (var i = 0; i < 1_500; i++)
        {
            var (path, type, body) = requests[i % requests.Length];
            var bytes = Encoding.UTF8.GetBytes(body).ToList();
            for (var damage = random.Next(1, 4); damage > 0; damage--)
            {
                var (at, length) = (random.Next(bytes.Count), random.Next(1, 12));
                switch (random.Next(5))
                {
                    case 0:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes.RemoveRange(at, Math.Min(length, bytes.Count - at));
                        break;
                    case 2:
                        bytes.InsertRange(at, bytes.GetRange(at, Math.Min(length, bytes.Count - at)));
                        break;
                    case 3:
                        bytes[at] = (byte)"{}[]\",:\\0-eN"[random.Next(12)];
                        break;
                    default:
                        bytes.RemoveRange(at, i % 50 == 0 ? bytes.Count - at : 0);
                        break;
                }

                if (bytes.Count == 0)
                    bytes.Add(0);
            }

            using var content = new ByteArrayContent([.. bytes]);
            content.Headers.TryAddWithoutValidation("Content-Type", type);
            using var answer = await _api.Client.PostAsync(path, content);
            answered[(int)answer.StatusCode] = answered.GetValueOrDefault((int)answer.StatusCode) + 1;
            ((int)answer.StatusCode).ShouldBeOneOf([200, 202, 400], Encoding.UTF8.GetString([.. bytes]));
        }

        answered.Keys.Order().ShouldBe([200, 202, 400]);
    }

    [Fact]
    public async Task Kserve_describes_the_server_and_the_model()
    {
        (await _api.Client.GetAsync("/v2/health/live")).IsSuccessStatusCode.ShouldBeTrue();
        (await _api.Client.GetAsync("/v2/health/ready")).IsSuccessStatusCode.ShouldBeTrue();
        (await _api.JsonAsync("/v2")).GetProperty("name").GetString().ShouldBe("fraudstreams");
        var version = TrainedModel.Loaded.Version;
        foreach (var path in (string[])["/v2/models/cards", $"/v2/models/cards/versions/{version}"])
        {
            var model = await _api.JsonAsync(path);
            model.GetProperty("name").GetString().ShouldBe("cards");
            model.GetProperty("versions")[0].GetString().ShouldBe(version);
            model.GetProperty("inputs").EnumerateArray().Select(input => input.GetProperty("name").GetString()).ShouldContain("amt");
            (await _api.Client.GetAsync($"{path}/ready")).IsSuccessStatusCode.ShouldBeTrue();
        }

        var unknown = await _api.Client.GetAsync("/v2/models/other");
        ((int)unknown.StatusCode).ShouldBe(404);
        JsonElement.Parse(await unknown.Content.ReadAsStringAsync()).GetProperty("error").GetString()!.ShouldContain("cards");
        (await _api.PostAsync("/v2/models/cards/versions/1/infer", "{}")).Status.ShouldBe(404);
        var answer = await _api.AskAsync("/v2/models/cards/infer", Tensors([_payments[2_200]], """
            "id":"7","outputs":[{"name":"prediction"}],
            """));
        answer.GetProperty("id").GetString().ShouldBe("7");
        answer.GetProperty("model_name").GetString().ShouldBe("cards");
        answer.GetProperty("model_version").GetString().ShouldBe(version);
        answer.GetProperty("outputs").EnumerateArray().ShouldHaveSingleItem().GetProperty("datatype").GetString().ShouldBe("INT64");
    }

    [Fact]
    public async Task Mlflows_door_pings()
    {
        foreach (var path in (string[])["/ping", "/health"])
            (await _api.TextAsync(path)).ShouldBe("\n");
        (await _api.TextAsync("/version")).ShouldStartWith("0.");
    }

    static string[] JsonOf(string csv)
    {
        using var file = File.OpenRead(csv);
        using var rows = new CsvToJson(file, TrainedModel.Schema, csv);
        var (record, payments) = (new System.Buffers.ArrayBufferWriter<byte>(), new List<string>());
        while (rows.TryRead(record))
        {
            payments.Add(Encoding.UTF8.GetString(record.WrittenSpan));
            record.ResetWrittenCount();
        }

        return [.. payments];
    }

    static double[] Scores(JsonElement answer) => [.. answer.GetProperty("predictions").EnumerateArray().Select(prediction => prediction.GetProperty("score").GetDouble())];

    static string With(string payment, string field, string value)
    {
        var json = JsonNode.Parse(payment)!.AsObject();
        json[field] = "HERE";
        return json.ToJsonString().Replace("\"HERE\"", value, StringComparison.Ordinal);
    }

    static IEnumerable<string> SecretsOf(string payment)
    {
        var json = JsonNode.Parse(payment)!.AsObject();
        return ((string[])["cc_num", "street", "last"]).Select(field => json[field]!.GetValue<string>());
    }

    static string Split(string[] payments)
    {
        var rows = payments.Select(payment => JsonNode.Parse(payment)!.AsObject()).ToArray();
        return new JsonObject
        {
            ["dataframe_split"] = new JsonObject
            {
                ["index"] = new JsonArray([.. rows.Select((_, i) => (JsonNode)i)]),
                ["columns"] = new JsonArray([.. rows[0].Select(field => (JsonNode)field.Key)]),
                ["data"] = new JsonArray([.. rows.Select(row => (JsonNode)new JsonArray([.. row.Select(field => field.Value?.DeepClone())]))]),
            },
        }.ToJsonString();
    }

    static string Tensors(string[] payments, string more = "")
    {
        var rows = payments.Select(payment => JsonNode.Parse(payment)!.AsObject()).ToArray();
        var inputs = rows[0].Select(field => new JsonObject
        {
            ["name"] = field.Key,
            ["shape"] = new JsonArray(rows.Length, 1),
            ["datatype"] = field.Value!.GetValueKind() == JsonValueKind.Number ? "FP64" : "BYTES",
            ["data"] = new JsonArray([.. rows.Select(row => row[field.Key]?.DeepClone())]),
        });
        return $$"""{{{more}}"inputs":{{new JsonArray([.. inputs]).ToJsonString()}}}""";
    }

    async Task<(int Row, string? Field, string? Code)> ProblemAsync(string body)
    {
        var (status, _, text) = await _api.PostAsync("/predict", body);
        status.ShouldBe(400, text);
        text.ShouldNotContain("SECRET");
        var error = JsonElement.Parse(text).GetProperty("errors").EnumerateArray().ShouldHaveSingleItem();
        return (error.GetProperty("row").GetInt32(), error.GetProperty("field").GetString(), error.GetProperty("code").GetString());
    }
}
