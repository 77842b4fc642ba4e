using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Api;

/// <summary>The commands of docs/api.md and of README's API section, as a reader would copy them.</summary>
[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed partial class ApiDocsTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Theory]
    [InlineData("docs/api.md", 15)]
    [InlineData("README.md", 2)]
    public async Task Each_curl_line_answers(string document, int least)
    {
        using var folder = new TemporaryFolder();
        var blocks = Block().Matches(Repository.Read(document)).Select(block => block.Groups["commands"].Value).Where(block => block.Contains("curl ", StringComparison.Ordinal)).ToList();
        if (document == "README.md")
            await File.WriteAllTextAsync(Path.Combine(folder, "payment.json"), Payment().Match(Repository.Read("docs/api.md")).Groups["json"].Value);

        // Each writes its answer's status behind the answer.
        var script = string.Join('\n', blocks).Replace("localhost:8080", fixture.Api.Client.BaseAddress!.Authority, StringComparison.Ordinal)
            .Replace("curl -s ", "echo; curl -s -w '\\n== %{http_code}' ", StringComparison.Ordinal);
        var answers = (await RunAsync(folder, script)).Split("== ", StringSplitOptions.None);

        (answers.Length - 1).ShouldBeGreaterThanOrEqualTo(least);
        foreach (var answer in answers.Skip(1))
            answer[..3].ShouldBeOneOf(["200", "202"], string.Join("== ", answers));
    }

    [Fact]
    public async Task An_answer_has_the_keys_of_its_example()
    {
        var example = JsonElement.Parse(Answer().Match(Repository.Read("docs/api.md")).Groups["json"].Value);
        var payment = Payment().Match(Repository.Read("docs/api.md")).Groups["json"].Value;

        var answer = await fixture.Api.AskAsync("/predict", payment);

        Keys(answer.GetProperty("predictions")[0]).ShouldBe(Keys(example.GetProperty("predictions")[0]));
    }

    static string[] Keys(JsonElement json) => [.. json.EnumerateObject().Select(property => property.Name)];

    static async Task<string> RunAsync(string folder, string script)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { WorkingDirectory = folder, RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        return output;
    }

    [GeneratedRegex("^```sh\n(?<commands>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("^cat > payment.json <<'END'\n(?<json>.*?)^END", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Payment();

    [GeneratedRegex("^```json\n(?<json>.\"predictions.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Answer();
}
