using System;
using System.Buffers;
using System.CommandLine;
using System.IO;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Unkey.Server.Events.Sqlite;
using Unkey.Server.Events.Sqlite.Segments;
using Unkey.Server.Hosting;

namespace Unkey.Server.Commands;

/// <summary><c>unkey events</c>: a query of the operator over the embedded event store, raw events included, which the SQLite shell cannot read.</summary>
internal static class EventsCommand
{
    /// <summary>The command for the parser.</summary>
    /// <param name="context">Where the command reads and writes.</param>
    /// <returns>A new command.</returns>
    public static Command Build(CommandContext context)
    {
        Command events = new(
            "events",
            "Prints the rows of a SELECT in SQLite's SQL over the embedded event store, one JSON object a line. Reads the file, also while a server runs.");
        Argument<string> query = new("query") { Description = "The SELECT. Tables: key_verifications_v1, ratelimits_v1, api_requests_raw_v2, and their sums (docs/events.md)." };
        Option<string> data = new("--data")
        {
            HelpName = "directory",
            Description = $"Data directory of the server. [env: UNKEY_DATA, default: {new ServerOptions().DataDirectory}]",
        };
        events.Arguments.Add(query);
        events.Options.Add(data);
        events.SetAction(result => CommandRunner.Run(context, () =>
        {
            string directory = result.GetValue(data) ?? context.Variable("UNKEY_DATA") ?? new ServerOptions().DataDirectory;
            return Print(context, SqliteEventSink.PathIn(directory), result.GetValue(query)!);
        }));
        return events;
    }

    private static int Print(CommandContext context, string path, string query)
    {
        if (!File.Exists(path))
        {
            throw new CommandException($"there is no event store '{TextSafety.Escape(path)}'; --data names the data directory of the server", ExitCode.Failed);
        }

        try
        {
            using SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            connection.Open();
            SegmentReading.Attach(connection);
            using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The operator's own query, over a connection that can only read.
            command.CommandText = query;
#pragma warning restore CA2100
            command.CommandTimeout = 0;
            using SqliteDataReader reader = command.ExecuteReader();
            Print(context.Output, reader);
            return ExitCode.Ok;
        }
        catch (SqliteException exception)
        {
            return context.Fail(TextSafety.Escape(exception.Message));
        }
        catch (InvalidOperationException exception)
        {
            // A parameter without a value: there is no place to give one.
            return context.Fail(TextSafety.Escape(exception.Message));
        }
    }

    private static void Print(TextWriter output, SqliteDataReader reader)
    {
        ArrayBufferWriter<byte> line = new();
        using Utf8JsonWriter json = new(line);
        while (reader.Read())
        {
            json.WriteStartObject();
            for (int i = 0; i < reader.FieldCount; i++)
            {
                json.WritePropertyName(reader.GetName(i));
                WriteValue(json, reader.GetValue(i));
            }

            json.WriteEndObject();
            json.Flush();
            output.WriteLine(Encoding.UTF8.GetString(line.WrittenSpan));
            line.ResetWrittenCount();
            json.Reset();
        }
    }

    private static void WriteValue(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case long number:
                json.WriteNumberValue(number);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case byte[] bytes:
                json.WriteBase64StringValue(bytes);
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }
}
