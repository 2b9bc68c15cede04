using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Hosting;

namespace Unkey.Server.Commands;

/// <summary><c>unkey audit</c>: who changed what, when and from where.</summary>
internal static class AuditCommand
{
    private const int PageSize = 100;
    private const int DefaultCount = 100;
    private const int CountMax = 1_000_000;

    /// <summary>The command for the parser.</summary>
    /// <param name="context">Where the command reads and writes.</param>
    /// <returns>A new command.</returns>
    public static Command Build(CommandContext context)
    {
        Command audit = new("audit", "Prints the audit log of the workspace of the calling root key, newest first.");
        Option<string> since = new("--since") { HelpName = "time", Description = "Not before: so long ago (30m, 12h, 7d) or a time (2027-01-31T00:00:00Z)." };
        Option<string> until = new("--until") { HelpName = "time", Description = "Before: as --since." };
        Option<string> name = new("--event") { HelpName = "name", Description = "Only events of this name, such as key.create." };
        Option<string> actor = new("--actor") { HelpName = "key id", Description = "Only what this root key did." };
        Option<string> resource = new("--resource") { HelpName = "id", Description = "Only what was done to the record of this id." };
        Option<int> count = new("--limit") { HelpName = "count", DefaultValueFactory = static _ => DefaultCount, Description = "Most events to print, 1 to 1000000." };
        audit.Options.Add(since);
        audit.Options.Add(until);
        audit.Options.Add(name);
        audit.Options.Add(actor);
        audit.Options.Add(resource);
        audit.Options.Add(count);
        ApiClientOptions options = new(context);
        options.AddTo(audit, withCredentials: true);
        audit.SetAction(result => CommandRunner.Run(context, () =>
        {
            Filter filter = new(
                Instant("--since", result.GetValue(since)),
                Instant("--until", result.GetValue(until)),
                result.GetValue(name),
                result.GetValue(actor),
                result.GetValue(resource));
            int wanted = result.GetValue(count);
            if (wanted is < 1 or > CountMax)
            {
                throw new CommandException($"--limit: {wanted} is outside 1 to {CountMax}", ExitCode.Usage);
            }

            using ApiClient client = options.Client(result);
            List<JsonElement> events = Read(client, filter, wanted);
            if (result.GetValue(options.Json))
            {
                JsonOutput.WriteList(context.Output, events);
            }
            else
            {
                WriteTable(context, events);
            }

            return ExitCode.Ok;
        }));
        return audit;
    }

    private static long? Instant(string option, string? text)
    {
        if (text is null)
        {
            return null;
        }

        return InstantText.TryRead(text, DateTimeOffset.UtcNow, out long unixMs) is { } problem
            ? throw new CommandException($"{option}: '{TextSafety.Escape(text)}' {problem}", ExitCode.Usage)
            : unixMs;
    }

    private static List<JsonElement> Read(ApiClient client, Filter filter, int wanted)
    {
        List<JsonElement> events = [];
        string? cursor = null;
        do
        {
            using JsonDocument page = client.Post("audit.listEvents", json => filter.Write(json, cursor, int.Min(PageSize, wanted - events.Count)));
            events.AddRange(page.RootElement.GetProperty("data").EnumerateArray().Select(static item => item.Clone()));

            // BOUND: ends with enough events or the first page that names no further one; a server that repeats a cursor is cut off.
            string? next = JsonOutput.NextCursor(page.RootElement);
            cursor = next == cursor ? null : next;
        }
        while (cursor is not null && events.Count < wanted);

        return events;
    }

    private static void WriteTable(CommandContext context, List<JsonElement> events)
    {
        List<string[]> rows = [["TIME", "EVENT", "ACTOR", "RESOURCE", "ADDRESS", "REQUEST"]];
        foreach (JsonElement item in events)
        {
            JsonElement actor = item.GetProperty("actor");
            string resources = string.Join(" ", item.GetProperty("resources").EnumerateArray().Select(Shown));
            rows.Add(
            [
                TextTable.Time(item.GetProperty("time").GetInt64()),
                JsonOutput.Text(item, "event"),
                $"{JsonOutput.Text(actor, "id")} ({JsonOutput.Text(actor, "name")})",
                resources,
                JsonOutput.Text(item, "remoteAddress"),
                JsonOutput.Text(item, "requestId"),
            ]);
        }

        TextTable.Write(context.Output, rows);
    }

    private static string Shown(JsonElement resource) => JsonOutput.Text(resource, "name") is { Length: > 0 } name
        ? $"{JsonOutput.Text(resource, "id")} ({name})"
        : JsonOutput.Text(resource, "id");

    private sealed record Filter(long? SinceMs, long? UntilMs, string? Event, string? Actor, string? Resource)
    {
        public void Write(Utf8JsonWriter json, string? cursor, int limit)
        {
            json.WriteNumber("limit", limit);
            Write(json, "cursor", cursor);
            Write(json, "since", SinceMs);
            Write(json, "until", UntilMs);
            Write(json, "event", Event);
            Write(json, "actor", Actor);
            Write(json, "resource", Resource);
        }

        private static void Write(Utf8JsonWriter json, string name, string? value)
        {
            if (value is not null)
            {
                json.WriteString(name, value);
            }
        }

        private static void Write(Utf8JsonWriter json, string name, long? value)
        {
            if (value is { } number)
            {
                json.WriteNumber(name, number);
            }
        }
    }
}
