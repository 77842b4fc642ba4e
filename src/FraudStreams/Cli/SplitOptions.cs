using System.CommandLine;
using FraudStreams.ModelOps;

namespace FraudStreams.Cli;

/// <summary>Options of the commands that train and measure on splits of one file.</summary>
sealed class SplitOptions
{
    public Option<DateOnly?> From { get; } = new("--train-from")
    {
        Description = "First day of training, such as 2018-07-25 (UTC).",
        HelpName = "DATE",
    };

    public Option<int> Folds { get; } = Days("--folds", 1, "Number of splits: this one, and earlier ones, each earlier by the measured days.", "N");

    readonly Option<int> _train = Days("--train-days", 7, "Days to learn from.");
    readonly Option<int> _delay = Days("--delay-days", 7, "Days until a label is known.");
    readonly Option<int> _test = Days("--test-days", 7, "Days that are measured, after the delay.");

    public IEnumerable<Option> All => [From, _train, _delay, _test, Folds];

    public TemporalSplit Split(ParseResult call, DateOnly from) => new(from, call.GetValue(_train), call.GetValue(_delay), call.GetValue(_test));

    static Option<int> Days(string name, int days, string description, string help = "DAYS")
    {
        var option = new Option<int>(name) { Description = description, HelpName = help, DefaultValueFactory = _ => days };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, out var value) || value is < 1 or > 3660))
                result.AddError($"{name} is {result.Tokens[0].Value}; it must be a whole number from 1 to 3660");
        });
        return option;
    }
}
