using System.CommandLine;
using System.Globalization;
using FraudStreams.Access;
using FraudStreams.Access.Keys;
using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Pipelines;
using Spectre.Console;

namespace FraudStreams.Cli;

/// <summary>`keys`: who may ask over HTTP. Whoever may use the topics may make keys; running hosts follow within a second.</summary>
static class KeysCommand
{
    const int LongestName = 50;

    static readonly Argument<string> Name = new("NAME") { Description = "Whose key it is: a person or a service. What it changes is signed with it." };

    static readonly Option<string> RoleOption = new("--role")
    {
        Description = $"What it may do: {AccessRoles.Forms}. A viewer reads, masked, and scores what-if; docs/access.md lists the rest.",
        HelpName = "ROLE",
        Required = true,
    };

    public static Command Create() => new("keys", "The keys with which others may ask over HTTP, where api.keys is on. A key is shown once, when it is made; only its hash is kept.")
    {
        Of("add", "Makes a key and prints it: it is not shown again.", AddAsync, [Name, RoleOption, ModelsCommand.As], "fraudstreams keys add checkout --role viewer", "fraudstreams keys add maria --role analyst --json"),
        Of("list", "Lists the keys in force by their first eight characters.", ListAsync, [], "fraudstreams keys list", "fraudstreams keys list --config hocon/kafka.conf --json"),
        Of("revoke", "Revokes a key: all hosts refuse it within a second.", RevokeAsync, [Name, ModelsCommand.As], "fraudstreams keys revoke checkout"),
    };

    static Command Of(string name, string description, Func<ParseResult, KeyLog, CancellationToken, Task<int>> run, Symbol[] symbols, params string[] examples)
    {
        var command = new Command(name, description).With(symbols);
        command.SetAction(async (call, cancellationToken) =>
        {
            var settings = FraudSettings.From(call.Layers().Load());
            CommandChecks.MakeFolder(settings.DataDirectory);
            await using var topics = new AccessTopics(() => StreamTopics.OpenAccess(settings, CommandLog.Logger, TimeProvider.System), TimeProvider.System);
            await using var keys = new KeyLog(topics, TimeProvider.System);
            try
            {
                await keys.RefreshAsync(cancellationToken);
                return await run(call, keys, cancellationToken);
            }
            catch (KeyException e)
            {
                throw new CommandFailedException(e.Message);
            }
        });
        return command.WithExamples(examples);
    }

    static async Task<int> AddAsync(ParseResult call, KeyLog keys, CancellationToken cancellationToken)
    {
        var (name, text) = (call.GetValue(Name)!, call.GetValue(RoleOption)!);
        if (name.Trim().Length == 0 || name.Length > LongestName || name.Any(char.IsControl))
            throw new SettingsException($"NAME must be one line of at most {LongestName} characters, and not empty");
        var role = AccessRoles.Find(text) ?? throw new SettingsException($"--role {text}: it must be one of {AccessRoles.Forms}");
        var (key, kept) = await keys.AddAsync(name, role, call.GetValue(ModelsCommand.As)!, cancellationToken);
        if (call.GetValue(CommonOptions.Json))
        {
            JsonOutput.Print(new { Key = key, kept.Name, Role = role.Name(), kept.Prefix, kept.CreatedAt, kept.CreatedBy });
        }
        else
        {
            Screen.Out.WritePlain(key);
            Screen.Error.WritePlain($"This is the key of {name}, {role.Name()}. It is not shown again: keep it where secrets are kept.");
        }

        return ExitCode.Done;
    }

    static Task<int> ListAsync(ParseResult call, KeyLog keys, CancellationToken cancellationToken)
    {
        if (call.GetValue(CommonOptions.Json))
        {
            JsonOutput.Print(new { Keys = keys.Keys.Values.Select(key => new { key.Name, Role = key.Role.Name(), key.Prefix, key.CreatedAt, key.CreatedBy }) });
            return Task.FromResult(ExitCode.Done);
        }

        if (keys.Keys.IsEmpty)
        {
            Screen.Out.WritePlain("No key is in force: `fraudstreams keys add NAME --role viewer` makes one.");
            return Task.FromResult(ExitCode.Done);
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumn("name").AddColumn("role").AddColumn("key").AddColumn("made").AddColumn("by");
        foreach (var key in keys.Keys.Values)
            table.AddRow(Markup.Escape(key.Name), key.Role.Name(), Markup.Escape($"{key.Prefix}…"), key.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), Markup.Escape(key.CreatedBy));
        Screen.Out.Write(table);
        return Task.FromResult(ExitCode.Done);
    }

    static async Task<int> RevokeAsync(ParseResult call, KeyLog keys, CancellationToken cancellationToken)
    {
        var revoked = await keys.RevokeAsync(call.GetValue(Name)!, call.GetValue(ModelsCommand.As)!, cancellationToken);
        if (call.GetValue(CommonOptions.Json))
            JsonOutput.Print(new { Revoked = revoked.Name, revoked.Prefix });
        else
            Screen.Out.WritePlain($"The key {revoked.Prefix}… of {revoked.Name} is revoked: hosts refuse it within a second.");
        return ExitCode.Done;
    }
}
