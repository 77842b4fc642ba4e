using System.Text;
using System.Text.Json;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.ModelOps;
using FraudStreams.RateLimiting;
using FraudStreams.Storage.Sqlite;
using FraudStreams.Tests.Storage;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Api;

[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class ResourcesTests(ResourcesTests.Streamed fixture) : IClassFixture<ResourcesTests.Streamed>
{
    const int Payments = 1_000;

    readonly RunningApi _api = fixture.Api;

    /// <summary>A stream that has stored a file of payments.</summary>
    public sealed class Streamed : IAsyncLifetime
    {
        internal StreamFolder Folder { get; } = new(Payments);

        internal RunningApi Api { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Api = await RunningApi.StartAsync(
                Folder, "roles=[simulate, score, alert, store, label, api]", $"simulate.input={Folder.Input}", "speeds.speed_1=unlimited", "store.batch.wait=20ms");
            await Eventually.TrueAsync(async () => (await Api.JsonAsync("/status")).GetProperty("stored").GetInt64() == Payments);
        }

        public async Task DisposeAsync()
        {
            await Api.DisposeAsync();
            Folder.Dispose();
        }
    }

    [Fact]
    public async Task Payments_come_latest_first_in_pages_each_once()
    {
        var (ids, times, page) = (new List<string>(), new List<string>(), (string?)"");
        while (page is not null)
        {
            var answer = await _api.JsonAsync($"/payments?limit=300{(page.Length == 0 ? "" : $"&page_id={page}")}");
            ids.AddRange(answer.GetProperty("data").EnumerateArray().Select(payment => payment.GetProperty("id").GetString()!));
            times.AddRange(answer.GetProperty("data").EnumerateArray().Select(payment => payment.GetProperty("time").GetString()!));
            page = answer.GetProperty("pagination").GetProperty("next_page_id").GetString();
            answer.GetProperty("pagination").GetProperty("has_more").GetBoolean().ShouldBe(page is not null);
        }

        ids.Order(StringComparer.Ordinal).ShouldBe(fixture.Folder.IdsOf(TopicNames.Transactions, "trans_num").Order(StringComparer.Ordinal));
        times.ShouldBe(times.OrderDescending(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Payments_are_found_by_each_of_their_values_and_shown_masked()
    {
        var stored = EmbeddedLog.ReadRecords(fixture.Folder.Data, TopicNames.Predictions).Select(record => JsonElement.Parse(record.Value.Span)).ToList();
        var one = stored[500];
        var (id, card, merchant) = (one.GetProperty("trans_num").GetString()!, one.GetProperty("cc_num").GetString()!, one.GetProperty("merchant").GetString()!);

        var byId = await IdsAsync($"id={id}");
        var byCard = await IdsAsync($"card=****{card[^4..]}");
        var byMerchant = await IdsAsync($"merchant={Uri.EscapeDataString(merchant)}");
        var byScore = await IdsAsync("min_score=0.2&max_score=0.9");
        var byTime = await IdsAsync($"from={At(one)}&to={DateTimeOffset.FromUnixTimeSeconds(one.GetProperty("unix_time").GetInt64() + 1):yyyy-MM-ddTHH:mm:ssZ}");
        var alerts = await _api.JsonAsync("/alerts?limit=500");
        var shown = await _api.TextAsync($"/payments/{id}");

        byId.ShouldBe([id]);
        byCard.ShouldBe(Ids(payment => payment.GetProperty("cc_num").GetString()!.EndsWith(card[^4..], StringComparison.Ordinal)), ignoreOrder: true);
        byMerchant.ShouldBe(Ids(payment => payment.GetProperty("merchant").GetString() == merchant), ignoreOrder: true);
        byScore.ShouldBe(Ids(payment => payment.GetProperty("score").GetDouble() is >= 0.2 and <= 0.9), ignoreOrder: true);
        byTime.ShouldBe(Ids(payment => payment.GetProperty("unix_time").GetInt64() == one.GetProperty("unix_time").GetInt64()), ignoreOrder: true);
        alerts.GetProperty("data").EnumerateArray().Select(payment => payment.GetProperty("id").GetString()!)
            .ShouldBe(Ids(payment => payment.GetProperty("prediction").GetInt32() == 1), ignoreOrder: true);
        foreach (var secret in (string[])["cc_num", "first", "last", "street", "zip"])
            shown.ShouldNotContain($"\"{one.GetProperty(secret).GetString()}\"");
        shown.ShouldContain($"\"card\":\"****{card[^4..]}\"");
        JsonElement.Parse(shown).GetProperty("fields").GetProperty("amt").GetDouble().ShouldBe(one.GetProperty("amt").GetDouble());

        string[] Ids(Func<JsonElement, bool> isSo) => [.. stored.Where(isSo).Select(payment => payment.GetProperty("trans_num").GetString()!)];
        static string At(JsonElement payment) => $"{DateTimeOffset.FromUnixTimeSeconds(payment.GetProperty("unix_time").GetInt64()):yyyy-MM-ddTHH:mm:ssZ}";
        async Task<string[]> IdsAsync(string query) =>
            [.. (await _api.JsonAsync($"/payments?limit=500&{query}")).GetProperty("data").EnumerateArray().Select(payment => payment.GetProperty("id").GetString()!)];
    }

    [Theory]
    [InlineData("/payments?limit=501")]
    [InlineData("/payments?limit=x")]
    [InlineData("/payments?card=4485370000007771")]
    [InlineData("/payments?page_id=%00")]
    [InlineData("/payments?from=yesterday")]
    [InlineData("/payments?min_score=NaN")]
    [InlineData("/payments?colour=red")]
    [InlineData("/payments?id=a&id=b")]
    public async Task A_query_that_makes_no_sense_is_refused(string path) => ((int)(await _api.Client.GetAsync(path)).StatusCode).ShouldBe(400);

    [Fact]
    public async Task A_label_is_taken_once_from_each_source_and_shown_with_its_payment()
    {
        var id = fixture.Folder.IdsOf(TopicNames.Transactions, "trans_num").First();
        var label = $$"""[{"id":"{{id}}","true_value":1,"confirmed_by":"ada"}]""";

        (await _api.PostAsync("/labels", label)).ShouldBe((202, "application/json", """{"accepted":1,"already_there":0}"""));
        await Eventually.TrueAsync(async () => (await _api.JsonAsync($"/payments/{id}")).GetProperty("labels").GetArrayLength() == 1);
        (await _api.PostAsync("/labels", label)).Body.ShouldBe("""{"accepted":0,"already_there":1}""");
        (await _api.PostAsync("/labels", label.Replace("ada", "bob", StringComparison.Ordinal))).Body.ShouldContain("\"accepted\":1");
        (await _api.PostAsync("/labels", label.Replace(":1", ":0", StringComparison.Ordinal))).Body.ShouldContain("\"accepted\":1");
        await Eventually.TrueAsync(async () => (await _api.JsonAsync($"/payments/{id}")).GetProperty("labels").GetArrayLength() == 3);

        var payment = await _api.JsonAsync($"/payments/{id}");
        payment.GetProperty("true_value").GetInt32().ShouldBe(0);
        payment.GetProperty("confirmed_by").GetString().ShouldBe("ada");
        var (status, _, text) = await _api.PostAsync("/labels", """[{"id":"x","true_value":7,"confirmed_by":"SECRET"},{"id":"x","true_value":1,"confirmed_at":"2126-01-01","confirmed_by":"c"}]""");
        status.ShouldBe(400);
        text.ShouldNotContain("SECRET");
        JsonElement.Parse(text).GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("code").GetString()).ShouldBe(["label-not-binary", "time-out-of-range"]);
    }

    [Fact]
    public async Task A_label_that_corrects_one_which_is_not_stored_yet_is_taken()
    {
        using var folder = new StreamFolder(payments: 1);
        await using var api = await RunningApi.StartAsync(folder, "roles=[score, store, api]");
        await using (var store = Predictions.Open(new SqliteStoreSettings(folder.Data), TrainedModel.Schema))
            await store.WriteAsync([new Label("t-1", true, 1_700_000_000_000, "bank")]);

        (await PostAsync(1)).ShouldContain("\"already_there\":1");
        (await PostAsync(0)).ShouldContain("\"accepted\":1");
        (await PostAsync(1)).ShouldContain("\"accepted\":1");
        (await PostAsync(1)).ShouldContain("\"already_there\":1");

        async Task<string> PostAsync(int fraud) => (await api.PostAsync("/labels", $$"""{"id":"t-1","true_value":{{fraud}},"confirmed_by":"bank"}""")).Body;
    }

    [Fact]
    public async Task A_valve_is_turned_by_who_says_why()
    {
        var rates = _api.Services.GetRequiredService<PipelineRates>();
        using var change = new StringContent("""{"speed_3":"5000/s","actor":"ada","why":"a slow database"}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        using var wrong = new StringContent("""{"speed_3":"fast","actor":"ada","why":"x"}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        using var unsigned = new StringContent("""{"speed_3":"1/s"}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));

        (await _api.Client.PutAsync("/speeds", change)).IsSuccessStatusCode.ShouldBeTrue();
        ((int)(await _api.Client.PutAsync("/speeds", wrong)).StatusCode).ShouldBe(400);
        ((int)(await _api.Client.PutAsync("/speeds", unsigned)).StatusCode).ShouldBe(400);

        rates.Speed3.Speed.ShouldBe(Rate.Of(5000));
        var speeds = await _api.JsonAsync("/speeds");
        speeds.GetProperty("speed_3").GetString().ShouldBe("5000/s");
        speeds.GetProperty("survives_restart").GetBoolean().ShouldBeFalse();
        _api.Log.ShouldContain("speed_3 changed from unlimited to 5000/s over the API by ada (a slow database)");
    }

    /// <summary>A version is put into service, scores the next question, is announced, and goes back.</summary>
    [Fact]
    public async Task A_model_is_promoted_rolled_back_and_its_threshold_changed()
    {
        var local = new LocalModels(fixture.Folder.Data, TimeProvider.System);
        var other = TrainedModel.Train(local, seed: 5);
        await BringInAsync(local, other.Version);
        var events = await _api.Client.GetStreamAsync("/events");
        using var reader = new StreamReader(events);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        (await reader.ReadLineAsync(patience.Token)).ShouldBe(": connected");

        var promoted = await _api.AskAsync($"/models/{other.Version}/promote", """{"actor":"ada","why":"better"}""");
        var list = await _api.JsonAsync("/models");
        var line = "";

        // Other events may come as well, and one of the version before, if it has just been put into service.
        while (!line.StartsWith("data: ", StringComparison.Ordinal) || !line.Contains(other.Version, StringComparison.Ordinal))
            line = await reader.ReadLineAsync(patience.Token) ?? "";
        var threshold = await _api.AskAsync($"/models/{other.Version}/threshold", """{"actor":"ada","why":"fewer alerts","threshold":0.75}""");
        var stale = await _api.PostAsync("/models/rollback", $$"""{"actor":"bob","why":"worse","to":"{{other.Version}}"}""");
        var back = await _api.AskAsync("/models/rollback", $$"""{"actor":"bob","why":"worse","to":"{{TrainedModel.Loaded.Version}}"}""");
        var (status, type, _) = await _api.PostAsync("/models/rollback", """{"actor":"bob","why":"again"}""");

        promoted.GetProperty("alias").GetString().ShouldBe("champion");
        (list.GetProperty("challenger").GetString(), list.GetProperty("probation_until").ValueKind).ShouldBe((TrainedModel.Loaded.Version, JsonValueKind.String));
        JsonElement.Parse(line["data: ".Length..]).GetProperty("model_version").GetString().ShouldBe(other.Version);
        threshold.GetProperty("threshold").GetDouble().ShouldBe(0.75);
        stale.Status.ShouldBe(409);
        back.GetProperty("version").GetString().ShouldBe(TrainedModel.Loaded.Version);
        (status, type).ShouldBe((409, "application/problem+json"));
        var shown = await _api.JsonAsync($"/models/{other.Version}");
        shown.GetProperty("history").EnumerateArray().Select(entry => entry.GetProperty("action").GetString()).ShouldContain("promoted");
        (await _api.JsonAsync("/models/history")).GetProperty("entries").EnumerateArray().Last().GetProperty("actor").GetString().ShouldBe("bob");
        ((int)(await _api.Client.GetAsync("/models/none")).StatusCode).ShouldBe(404);
        (await _api.PostAsync($"/models/{other.Version}/promote", """{"actor":"ada"}""")).Status.ShouldBe(400);

        // The same by the names of small scoring services.
        await _api.AskAsync("/switch_model_ver", $$"""{"version":"{{other.Version}}","actor":"ada","why":"once more"}""");
        var reloaded = await _api.AskAsync("/reload", "");
        var scored = await _api.AskAsync("/predict", $"[{Encoding.UTF8.GetString(Scoring.Payments.Json(1)[0])}]");
        reloaded.GetProperty("model_version").GetString().ShouldBe(other.Version);
        scored.GetProperty("predictions")[0].GetProperty("model_version").GetString().ShouldBe(other.Version);
        (await _api.JsonAsync("/get_model_ver")).GetProperty("model_version").GetString().ShouldBe(other.Version);
        (await _api.JsonAsync("/report")).GetProperty("summary").GetProperty("version").GetString().ShouldBe(other.Version);
        (await _api.PostAsync("/switch_model_ver", """{"version":"none","actor":"ada","why":"x"}""")).Status.ShouldBe(404);
        (await _api.PostAsync("/switch_model_ver", """{"actor":"ada","why":"x"}""")).Status.ShouldBe(400);
        await _api.AskAsync("/models/rollback", """{"actor":"bob","why":"as it was"}""");
    }

    [Fact]
    public async Task A_promotion_asks_the_gate_and_says_where_it_overrules_it()
    {
        var local = new LocalModels(fixture.Folder.Data, TimeProvider.System);
        var other = TrainedModel.Train(local, seed: 6);
        await BringInAsync(local, other.Version);

        var unjudged = await _api.AskAsync($"/models/{other.Version}/promote", """{"actor":"ada","why":"better"}""");
        await _api.AskAsync("/models/rollback", """{"actor":"ada","why":"not yet"}""");
        await _api.AskAsync($"/models/{other.Version}/challenge", """{"actor":"ada","why":"to see"}""");
        var overruled = await _api.AskAsync($"/models/{other.Version}/promote", """{"actor":"ada","why":"seen enough"}""");
        await _api.AskAsync("/models/rollback", """{"actor":"ada","why":"as it was"}""");

        unjudged.GetProperty("gate").GetProperty("state").ValueKind.ShouldBe(JsonValueKind.Null);
        unjudged.GetProperty("gate").GetProperty("reasons")[0].GetString().ShouldStartWith("it is not the challenger");
        overruled.GetProperty("alias").GetString().ShouldBe("champion");
        var gate = overruled.GetProperty("gate");
        (gate.GetProperty("state").GetString(), gate.GetProperty("is_overruled").GetBoolean()).ShouldBe(("not_yet", true));
        gate.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()).ShouldContain(reason => reason!.StartsWith("0 frauds among the payments that count", StringComparison.Ordinal));
        var entry = (await _api.JsonAsync("/models/history")).GetProperty("entries").EnumerateArray().Last(entry => entry.GetProperty("action").GetString() == "promoted");
        (entry.GetProperty("why").GetString(), entry.GetProperty("gate").GetProperty("state").GetString()).ShouldBe(("seen enough", "not_yet"));
        Directory.GetFiles(Path.Combine(fixture.Folder.Data, "gate"), $"{other.Version}-{entry.GetProperty("gate").GetProperty("report").GetString()![..12]}.*").Length.ShouldBe(2);
        await using var history = await fixture.Folder.RunAsync("models", "history");
        history.Output.ShouldContain("(seen enough)  against the gate, which said \"not yet\"");
    }

    /// <summary>The version is in the registry, and the folder's first one in service.</summary>
    async Task BringInAsync(LocalModels local, string version)
    {
        var known = (await _api.JsonAsync("/models")).GetProperty("versions").EnumerateArray().Select(listed => listed.GetProperty("version").GetString()).ToList();
        foreach (var missing in ((string[])[TrainedModel.Loaded.Version, version]).Except(known))
            await fixture.Folder.ShouldDoAsync("models", "import", local.FolderOf(missing!));
        await _api.AskAsync($"/models/{TrainedModel.Loaded.Version}/promote", """{"actor":"ada","why":"the first"}""");
    }

    [Fact]
    public async Task The_description_names_each_address_and_its_page_needs_no_other_site()
    {
        var description = await _api.JsonAsync("/openapi/v1.json");
        var page = await _api.TextAsync("/scalar");

        var paths = description.GetProperty("paths").EnumerateObject().Select(path => path.Name).ToList();
        foreach (var path in (string[])["/predict", "/invocations", "/v2/models/{model}/infer", "/readyz", "/status", "/payments", "/payments/{id}", "/labels", "/alerts", "/models", "/speeds", "/events", "/get_model_ver", "/switch_model_ver", "/reload", "/report"])
            paths.ShouldContain(path);
        description.GetProperty("paths").GetProperty("/payments/{id}").GetProperty("get").GetProperty("parameters")[0].GetProperty("in").GetString().ShouldBe("path");
        description.GetProperty("paths").GetProperty("/predict").GetProperty("post").GetProperty("requestBody").GetProperty("content").TryGetProperty("application/json", out _).ShouldBeTrue();
        page.ShouldNotContain("https://cdn");
        (await _api.Client.GetAsync("/docs")).RequestMessage!.RequestUri!.AbsolutePath.ShouldStartWith("/scalar");
    }
}
