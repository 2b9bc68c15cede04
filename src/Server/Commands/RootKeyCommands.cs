using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Hosting;

namespace Unkey.Server.Commands;

/// <summary><c>unkey root-key create|list|delete</c>: manages the keys that manage a running server.</summary>
internal static class RootKeyCommands
{
    private const int PageSize = 100;

    /// <summary>The command for the parser.</summary>
    /// <param name="context">Where the command reads and writes.</param>
    /// <returns>A new command.</returns>
    public static Command Build(CommandContext context)
    {
        Command rootKey = new("root-key", "Manages the root keys of a running server: what its API is called with.");
        rootKey.Subcommands.Add(BuildCreate(context));
        rootKey.Subcommands.Add(BuildList(context));
        rootKey.Subcommands.Add(BuildDelete(context));
        return rootKey;
    }

    private static Command BuildCreate(CommandContext context)
    {
        Command create = new("create", "Makes a root key in the workspace of the calling one. It is shown once.");
        Option<string> name = new("--name") { HelpName = "text", Description = "A name to find it by." };
        Option<string[]> permissions = new("--permission")
        {
            HelpName = "permission",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
            Description = "What it may do, such as api.*.verify_key; one or more, each of which the calling root key must have itself.",
        };
        Option<string> expires = new("--expires")
        {
            HelpName = "time",
            Description = "When it ends: so long from now (30m, 12h, 90d) or a time (2027-01-31T00:00:00Z). [default: never]",
        };
        create.Options.Add(name);
        create.Options.Add(permissions);
        create.Options.Add(expires);
        ApiClientOptions options = new(context);
        options.AddTo(create, withCredentials: true);
        create.SetAction(result => CommandRunner.Run(context, () =>
        {
            long? expiresUnixMs = Expiry(result.GetValue(expires));
            using ApiClient client = options.Client(result);
            using JsonDocument answer = client.Post("rootKeys.createRootKey", json =>
            {
                if (result.GetValue(name) is { } text)
                {
                    json.WriteString("name", text);
                }

                json.WriteStartArray("permissions");
                foreach (string permission in result.GetRequiredValue(permissions))
                {
                    json.WriteStringValue(permission);
                }

                json.WriteEndArray();
                if (expiresUnixMs is { } unixMs)
                {
                    json.WriteNumber("expires", unixMs);
                }
            });
            JsonElement data = answer.RootElement.GetProperty("data");
            if (result.GetValue(options.Json))
            {
                JsonOutput.Write(context.Output, data);
                return ExitCode.Ok;
            }

            context.Output.WriteLine($"root key id  {JsonOutput.Text(data, "keyId")}");
            context.Output.WriteLine($"root key     {JsonOutput.Text(data, "key")}");
            context.Error.WriteLine("Keep the root key now: it is not stored and cannot be shown again.");
            return ExitCode.Ok;
        }));
        return create;
    }

    private static Command BuildList(CommandContext context)
    {
        Command list = new("list", "Lists the root keys of the workspace of the calling one, without their secrets.");
        ApiClientOptions options = new(context);
        options.AddTo(list, withCredentials: true);
        list.SetAction(result => CommandRunner.Run(context, () =>
        {
            using ApiClient client = options.Client(result);
            List<JsonElement> keys = ReadAllPages(client);
            if (result.GetValue(options.Json))
            {
                JsonOutput.WriteList(context.Output, keys);
            }
            else
            {
                WriteTable(context, keys);
            }

            return ExitCode.Ok;
        }));
        return list;
    }

    private static Command BuildDelete(CommandContext context)
    {
        Command delete = new("delete", "Deletes a root key: the next request with it is refused.");
        Argument<string> keyId = new("keyId") { Description = "Id of the root key, as 'list' shows it; not the key itself." };
        delete.Arguments.Add(keyId);
        ApiClientOptions options = new(context);
        options.AddTo(delete, withCredentials: true);
        delete.SetAction(result => CommandRunner.Run(context, () =>
        {
            string id = result.GetRequiredValue(keyId);
            using ApiClient client = options.Client(result);
            using JsonDocument answer = client.Post("rootKeys.deleteRootKey", json => json.WriteString("keyId", id));
            if (result.GetValue(options.Json))
            {
                JsonOutput.Write(context.Output, answer.RootElement.GetProperty("data"));
            }
            else
            {
                context.Output.WriteLine($"deleted {TextSafety.Escape(id)}");
            }

            return ExitCode.Ok;
        }));
        return delete;
    }

    private static long? Expiry(string? text)
    {
        if (text is null)
        {
            return null;
        }

        return ExpiryText.TryRead(text, DateTimeOffset.UtcNow, out long unixMs) is { } problem
            ? throw new CommandException($"--expires: '{TextSafety.Escape(text)}' {problem}", ExitCode.Usage)
            : unixMs;
    }

    private static List<JsonElement> ReadAllPages(ApiClient client)
    {
        List<JsonElement> keys = [];
        string? cursor = null;
        do
        {
            using JsonDocument page = client.Post("rootKeys.listRootKeys", json =>
            {
                json.WriteNumber("limit", PageSize);
                if (cursor is not null)
                {
                    json.WriteString("cursor", cursor);
                }
            });
            keys.AddRange(page.RootElement.GetProperty("data").EnumerateArray().Select(static key => key.Clone()));

            // BOUND: ends with the first page that names no further one; a server that repeats a cursor is cut off.
            string? next = JsonOutput.NextCursor(page.RootElement);
            cursor = next == cursor ? null : next;
        }
        while (cursor is not null);

        return keys;
    }

    private static void WriteTable(CommandContext context, List<JsonElement> keys)
    {
        List<string[]> rows = [["ID", "START", "NAME", "CREATED", "EXPIRES", "LAST USED", "PERMISSIONS"]];
        foreach (JsonElement key in keys)
        {
            int permissions = key.TryGetProperty("permissions", out JsonElement list) && list.ValueKind == JsonValueKind.Array ? list.GetArrayLength() : 0;
            string shown = permissions == 1 ? TextSafety.Escape(list[0].GetString() ?? "") : permissions.ToString(CultureInfo.InvariantCulture);
            rows.Add(
                [
                    JsonOutput.Text(key, "keyId"), JsonOutput.Text(key, "start"), JsonOutput.Text(key, "name"), Time(key, "createdAt", ""),
                    Time(key, "expires", "never"), Time(key, "lastUsedAt", "-"), shown,
                ]);
        }

        TextTable.Write(context.Output, rows);
    }

    private static string Time(JsonElement key, string name, string absent) =>
        key.TryGetProperty(name, out JsonElement value) && value.TryGetInt64(out long unixMs)
            ? TextTable.Time(unixMs)
            : absent;
}
