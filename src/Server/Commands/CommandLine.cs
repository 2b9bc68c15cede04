using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Linq;
using Unkey.Server.Commands.Top;
using Unkey.Server.Hosting;

namespace Unkey.Server.Commands;

/// <summary>The command line as a whole: which commands there are, and what happens when one is misspelled.</summary>
internal static class CommandLine
{
    private const int HelpColumns = 120;

    /// <summary>Parses and runs one command line.</summary>
    /// <param name="arguments">The arguments without the program's name.</param>
    /// <param name="context">Where the command reads and writes.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(IReadOnlyList<string> arguments, CommandContext context)
    {
        ServeCommand serve = new(context);
        RootCommand root = Build(context, serve);

        // No response files: a value may well start with '@'. No bundling: there are no one-letter options to bundle.
        ParserConfiguration parser = new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };
        ParseResult result = root.Parse(arguments, parser);
        List<string> problems = Problems(result, root);
        if (problems.Count > 0 && result.Action is not HelpAction)
        {
            // A misspelled option must not hide the bad values beside it: the operator gets one list, not one problem a try.
            if (result.CommandResult.Command == root || result.CommandResult.Command.Name == ServeCommand.Name)
            {
                serve.Read(result, problems);
            }

            return ReportProblems(context, problems);
        }

        // The commands handle signals themselves; the parser must not end the process under them.
        return result.Invoke(new InvocationConfiguration
        {
            Output = context.Output,
            Error = context.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        });
    }

    /// <summary>Lists every problem of a start that did not happen.</summary>
    /// <param name="context">Where to write.</param>
    /// <param name="problems">One line each.</param>
    /// <returns><see cref="ExitCode.Usage"/>.</returns>
    public static int ReportProblems(CommandContext context, IReadOnlyList<string> problems)
    {
        foreach (string problem in problems)
        {
            context.Error.WriteLine("unkey: " + problem);
        }

        context.Error.WriteLine("Run 'unkey --help' for every option with its unit and default.");
        return ExitCode.Usage;
    }

    /// <summary>All commands. The serve options stand at the root as well, because serving is what happens without a command.</summary>
    /// <param name="context">Where the commands read and write.</param>
    /// <param name="serve">The serve command.</param>
    /// <returns>The root command.</returns>
    private static RootCommand Build(CommandContext context, ServeCommand serve)
    {
        RootCommand root = new("Verifies API keys, their permissions and their rate limits over HTTP. Without a command it serves.");
        serve.AddOptionsTo(root);
        root.SetAction(serve.Run);
        root.Subcommands.Add(serve.Build());
        root.Subcommands.Add(HealthCommand.Build(context));
        root.Subcommands.Add(RootKeyCommands.Build(context));
        root.Subcommands.Add(WorkspaceCommands.Build(context));
        root.Subcommands.Add(AuditCommand.Build(context));
        root.Subcommands.Add(EventsCommand.Build(context));
        root.Subcommands.Add(TopCommand.Build(context));
        root.Subcommands.Add(VersionCommand.Build(context));
        foreach (VersionOption builtIn in root.Options.OfType<VersionOption>().ToArray())
        {
            // 'unkey version' says more; '--version' stays for those who try it first.
            builtIn.Description = "Shows the version in one line.";
        }

        foreach (HelpOption help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpAction { MaxWidth = HelpColumns };
        }

        return root;
    }

    private static List<string> Problems(ParseResult result, RootCommand root)
    {
        List<string> problems = [];
        Command command = result.CommandResult.Command;
        bool previousWasOption = false;
        foreach (string token in result.UnmatchedTokens)
        {
            bool isOption = token.Length > 1 && token[0] == '-';
            if (isOption)
            {
                // In '--name=value' only the name is wrong, and the value may be a secret.
                string name = TextSafety.Escape(token.Split('=', 2)[0]);
                problems.Add($"unknown option {name}" + Suggest(name, command.Options.Select(static o => o.Name)));
            }
            else if (!previousWasOption)
            {
                string word = TextSafety.Escape(token);
                problems.Add($"unknown command or argument '{word}'" + Suggest(word, command.Subcommands.Select(static c => c.Name)));
            }

            previousWasOption = isOption;
        }

        foreach (ParseError error in result.Errors)
        {
            // Unmatched words are told above; the parser would call '--lisen' and its value two unknown commands.
            if (!error.Message.StartsWith("Unrecognized", StringComparison.Ordinal))
            {
                problems.Add(TextSafety.Escape(error.Message).TrimEnd('.'));
            }
        }

        // A server option before a command that is no server would be ignored without a word.
        if (command != root && command.Name != ServeCommand.Name)
        {
            foreach (OptionResult option in result.RootCommandResult.Children.OfType<OptionResult>())
            {
                if (!option.Implicit && option.Option is not HelpOption && !command.Options.Contains(option.Option))
                {
                    problems.Add($"{option.Option.Name} is an option of 'serve', not of '{command.Name}'");
                }
            }
        }

        return problems;
    }

    private static string Suggest(string word, IEnumerable<string> candidates) =>
        Spelling.Closest(word, candidates) is { } closest ? $"; did you mean {closest}?" : "";
}
