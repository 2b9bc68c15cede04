using System;
using System.Collections;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Linq;
using Unkey.Server.Hosting;

namespace Unkey.Server.Commands;

/// <summary><c>unkey serve</c>: reads every setting, then runs the server until it is told to stop.</summary>
internal sealed class ServeCommand
{
    /// <summary>Name of the command.</summary>
    public const string Name = "serve";

    private readonly CommandContext _context;
    private readonly List<(Setting Setting, Option Option)> _options = [];

    /// <summary>Makes one parser option for each setting.</summary>
    /// <param name="context">Where the command reads and writes.</param>
    public ServeCommand(CommandContext context)
    {
        _context = context;
        foreach (Setting setting in ServerSettings.All)
        {
            _options.Add((setting, setting.IsList
                ? new Option<string[]>(setting.Option) { Description = setting.HelpText, HelpName = setting.ValueName, Arity = ArgumentArity.OneOrMore }
                : new Option<string>(setting.Option)
                {
                    Description = setting.HelpText,
                    HelpName = setting.ValueName,
                    Arity = setting.IsFlag ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
                }));
        }
    }

    /// <summary>The command for the parser.</summary>
    /// <returns>A new command with every server option.</returns>
    public Command Build()
    {
        Command command = new(Name, "Runs the server until SIGTERM or SIGINT (the default command).");
        AddOptionsTo(command);
        command.SetAction(Run);
        return command;
    }

    /// <summary>Gives a command the server options.</summary>
    /// <param name="command">The command.</param>
    public void AddOptionsTo(Command command)
    {
        foreach ((_, Option option) in _options)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Checks the settings and serves.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public int Run(ParseResult result)
    {
        List<string> problems = [];
        ServerOptions options = Read(result, problems);
        return problems.Count > 0
            ? CommandLine.ReportProblems(_context, problems)
            : ServerHost.Run(options, _context, UnknownVariables());
    }

    /// <summary>Reads every setting from the command line and the environment.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="problems">Receives one line for each value that cannot be used.</param>
    /// <returns>The options; to be used only when no problem was added.</returns>
    public ServerOptions Read(ParseResult result, List<string> problems) =>
        ServerOptionsReader.Read(setting => ValueOf(result, setting), _context.Environment, problems);

    private string? ValueOf(ParseResult result, Setting setting)
    {
        Option option = _options.Find(pair => pair.Setting == setting).Option;
        OptionResult? found = result.GetResult(option);
        if (found is null || found.Implicit)
        {
            return null;
        }

        // Without a value, a flag means true; any other option has been reported by the parser.
        return found.Tokens.Count > 0 ? string.Join(',', found.Tokens.Select(static token => token.Value)) : setting.IsFlag ? "true" : null;
    }

    // A variable that nearly is a setting is worth a warning; one that is not may belong to somebody else: Kubernetes, for one,
    // sets UNKEY_PORT and UNKEY_SERVICE_HOST for a service that is named unkey.
    private static List<(string Variable, string Suggestion)> UnknownVariables()
    {
        HashSet<string> known = new(StringComparer.Ordinal) { ApiClientOptions.UrlVariable };
        List<string> names = [];
        foreach (Setting setting in ServerSettings.All)
        {
            known.Add(setting.EnvironmentName);
            names.Add(setting.EnvironmentName);
        }

        List<(string, string)> unknown = [];
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            string name = (string)entry.Key;
            if (name.StartsWith("UNKEY_", StringComparison.Ordinal)
                && !name.StartsWith("UNKEY_PORT", StringComparison.Ordinal)
                && !name.StartsWith("UNKEY_SERVICE_", StringComparison.Ordinal)
                && !name.StartsWith("UNKEY_TEST_", StringComparison.Ordinal)
                && !known.Contains(name)
                && Spelling.Closest(name, names) is { } suggestion)
            {
                unknown.Add((TextSafety.Escape(name), suggestion));
            }
        }

        return unknown;
    }
}
