using System.Text;
using FraudStreams.Alerting;
using FraudStreams.Alerting.Channels;
using FraudStreams.Alerting.Channels.Files;
using FraudStreams.Alerting.Channels.Smtp;
using FraudStreams.Configuration;
using FraudStreams.Tests.Alerting.Outbox;
using FraudStreams.Tests.WholeProgram;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting.Channels.Smtp;

/// <summary>Mail programs show the characters of the payment, whatever they are.</summary>
[Trait("Needs", "aiosmtpd")]
[Trait("Category", "Integration")]
public sealed class MailMimeTests : IDisposable
{
    /// <summary>Texts as they can come from <see cref="AlertText"/> and a template: one line, of any characters but controls.</summary>
    static readonly string[] Texts =
    [
        "=?utf-8?B?SGFja2Vk?=", "at =?utf-8?B?SGFja2Vk?= today", "x=?utf-8?Q?a?=y", "=?utf-8?B?YQ0KQmNjOiB0QGV4YW1wbGUub3Jn?=",
        "=?no-such-charset?B?YWJj?=", "=?utf-8?B?@@@@?=", "é =?utf-8?B?SGFja2Vk?=", "=?", "?=", "= ?utf-8?Q?a?=",
        "Café 日本語のお店で買い物をしましたそして食べました 😀💳🛒 und so weiter",
        ".leading dot", "two  blanks", "\"quoted\" (comment) <angle>", "e\u0301 combined", "From the start", "",
        new('x', 61), new('x', 2000), new('é', 600), string.Concat(Enumerable.Repeat("😀", 300)), string.Join(' ', Enumerable.Repeat("word", 400)),
        string.Join(' ', Enumerable.Repeat("wörd", 200)), "a" + new string(' ', 1500) + "b",
    ];

    readonly TemporaryFolder _folder = new();

    public static TheoryData<int> AllTexts => [.. Enumerable.Range(0, Texts.Length)];

    public void Dispose() => _folder.Dispose();

    [SmtpTheory]
    [InlineData(false, "to@x.org")]
    [InlineData(true, "to@x.org")]
    [InlineData(true, "jörg@x.org")]
    public async Task Mails_show_the_characters_of_the_payment(bool takesUtf8, string to)
    {
        await using var server = await MailServer.StartAsync(new MailServerRules { TakesUtf8 = takesUtf8 });
        using var transport = new MailKitTransport(
            new MailSettings("localhost", server.Port, false, "", new SecretValue(""), "from@x.org", [to], TimeSpan.FromSeconds(60)), AlertsOf.Template, TimeProvider.System);

        foreach (var text in Texts)
            (await transport.SendAsync(MessageOf(text), CancellationToken.None)).ShouldBe(Delivery.Complete);

        await Eventually.TrueAsync(() => server.Mails.Count == Texts.Length);
        for (var i = 0; i < Texts.Length; i++)
            ShouldShow(server.Mails[i].Shown, Texts[i], to);
    }

    [SmtpTheory]
    [MemberData(nameof(AllTexts))]
    public async Task Files_show_the_characters_of_the_payment_and_are_ASCII_in_short_lines(int number)
    {
        var file = await WriteAsync(Texts[number], "to@x.org");

        ShouldShow(await ShownMail.OfFileAsync(file), Texts[number], "to@x.org");
        var bytes = await File.ReadAllBytesAsync(file);
        bytes.ShouldAllBe(b => b < 128);
        var lines = Encoding.ASCII.GetString(bytes).Split("\r\n");
        lines.ShouldAllBe(line => line.Length < 999 && !line.Contains('\n') && !line.Contains('\r'));
    }

    [SmtpFact]
    public async Task A_file_shows_an_address_beyond_ASCII()
    {
        var file = await WriteAsync("=?utf-8?B?SGFja2Vk?= é", "jörg@x.org");

        ShouldShow(await ShownMail.OfFileAsync(file), "=?utf-8?B?SGFja2Vk?= é", "jörg@x.org");
    }

    [SmtpTheory]
    [InlineData("a\r\nBcc: thief@x.org")]
    [InlineData("a\nBcc: thief@x.org\n\nbody")]
    [InlineData("a\rBcc: thief@x.org")]
    public async Task A_line_break_in_a_subject_starts_no_header(string subject)
    {
        // AlertText removes them. This is a second line of defence.
        var shown = await ShownMail.OfFileAsync(await WriteAsync(subject, "to@x.org"));

        shown.Headers.ShouldNotContain("bcc");
        shown.To.ShouldBe(["to@x.org"]);
        shown.Subject.ShouldContain("thief");
    }

    static AlertMessage MessageOf(string text) =>
        AlertMessage.Of([AlertsOf.One("t1") with { Subject = text, Body = $"Merchant  {text}\n.\n.dot\nFrom x\n{text}\n" }], []);

    async Task<string> WriteAsync(string text, string to)
    {
        using var transport = new FolderMailTransport(_folder, "from@x.org", [to], AlertsOf.Template, TimeProvider.System);
        await transport.SendAsync(MessageOf(text), CancellationToken.None);
        return Path.Combine(_folder, "alert-t1.eml");
    }

    static void ShouldShow(ShownMail shown, string text, string to)
    {
        var message = MessageOf(text);
        var (subject, body) = (AlertsOf.Template.Subject(message), AlertsOf.Template.Text(message));
        shown.Subject.ShouldBe(subject);
        shown.Text.ShouldBe(body);
        shown.Html.ShouldBe(MailMime.Html(subject, body));
        shown.To.ShouldBe([to]);

        // Python reports each character of an address beyond ASCII as a defect, though it shows it.
        if (Ascii.IsValid(to))
            shown.Defects.ShouldBeEmpty();
        shown.Headers.Order().ShouldBe(["auto-submitted", "content-type", "date", "from", "message-id", "mime-version", "subject", "to"]);
    }
}
