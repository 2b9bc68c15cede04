using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.Analytics.Emit;
using Unkey.Server.Analytics.Rows;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.Events;
using Unkey.Server.Events.ClickHouse;

namespace Unkey.Server.Analytics.ClickHouse;

/// <summary>Asks ClickHouse, with every text as a parameter and every limit as a setting of the request. Any thread.</summary>
internal sealed class ClickHouseAnalyticsStore : IAnalyticsStore, IDisposable
{
    private const int UnknownTable = 60;

    // The server ends a query by itself; this is for one that does not answer.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly ClickHouseClient _client;
    private readonly ClickHouseAddress _address;
    private readonly int _retentionDays;
    private readonly ILogger _logger;

    /// <summary>Creates the store; nothing is sent yet.</summary>
    /// <param name="address">The server.</param>
    /// <param name="retentionDays">Days that raw events are kept; 0 for ever.</param>
    /// <param name="logger">For what only the operator can mend.</param>
    public ClickHouseAnalyticsStore(ClickHouseAddress address, int retentionDays, ILogger logger)
    {
        _address = address;
        _retentionDays = retentionDays;
        _logger = logger;
        _client = new ClickHouseClient(address, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public async Task<AnalyticsRows> RunAsync(BoundQuery query, Dataset dataset, AnalyticsScope scope, AnalyticsLimits limits, CancellationToken cancellation)
    {
        EmittedQuery emitted = new ClickHouseEmitter(scope, dataset, _address.Database).Emit(query);
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(limits.TimeMax + s_patience);
        try
        {
            try
            {
                return await RunAsync(query, emitted, limits, deadline.Token).ConfigureAwait(false);
            }
            catch (ClickHouseException exception) when (exception.Code == UnknownTable)
            {
                // The tables are made by the first delivery, and none has been.
                foreach (string statement in ClickHouseSchema.Statements(_retentionDays))
                {
                    await _client.ExecuteAsync(statement, deadline.Token).ConfigureAwait(false);
                }

                return await RunAsync(query, emitted, limits, deadline.Token).ConfigureAwait(false);
            }
        }
        catch (ClickHouseException exception)
        {
            throw Refuse(exception, limits);
        }
        catch (EventSinkException exception)
        {
            AnalyticsLog.NotConnected(_logger, exception.Message);
            throw new AnalyticsException(ErrorCode.AnalyticsConnectionFailed, "Failed to connect to ClickHouse analytics database");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw TookTooLong(limits);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<AnalyticsRows> RunAsync(BoundQuery query, EmittedQuery emitted, AnalyticsLimits limits, CancellationToken cancellation)
    {
        using ResultWriter writer = new(query.Columns, limits.RowsMax);
        await _client.QueryAsync(
            emitted.Sql + " FORMAT JSONCompactEachRow",
            Settings(emitted, limits),
            async stream =>
            {
                using StreamReader reader = new(stream, Encoding.UTF8);
                long characters = 0;
                while (await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
                {
                    characters += line.Length;
                    if (characters > ResultWriter.BytesMax)
                    {
                        throw ResultWriter.TooLarge();
                    }

                    if (line.Length > 0)
                    {
                        writer.Add(Row(line, query.Columns));
                    }
                }
            },
            cancellation).ConfigureAwait(false);
        return writer.Finish();
    }

    private static List<KeyValuePair<string, string>> Settings(EmittedQuery emitted, AnalyticsLimits limits)
    {
        const long MemoryBytesMax = 1_000_000_000;
        const long ResultBytesMax = 64 * 1024 * 1024;
        List<KeyValuePair<string, string>> settings =
        [
            new("readonly", "1"),
            new("max_execution_time", Number((long)limits.TimeMax.TotalSeconds)),
            new("max_memory_usage", Number(MemoryBytesMax)),
            new("max_result_rows", Number(limits.RowsMax)),
            new("max_result_bytes", Number(ResultBytesMax)),
            new("result_overflow_mode", "throw"),

            // Nothing is sent before the query has ended well, so an error is always a status.
            new("wait_end_of_query", "1"),
            new("cancel_http_readonly_queries_on_client_close", "1"),
            new("session_timezone", "UTC"),
            new("date_time_output_format", "simple"),
            new("output_format_json_quote_64bit_integers", "0"),
            new("output_format_json_quote_denormals", "0"),
            new("join_use_nulls", "0"),
            new("aggregate_functions_null_for_empty", "0"),

            // It makes min(x + 1) of no row a 1.
            new("optimize_arithmetic_operations_in_aggregate_functions", "0"),
        ];
        settings.AddRange(emitted.Texts.Select(static (text, i) => new KeyValuePair<string, string>("param_p" + Number(i), Escaped(text))));
        return settings;
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    // Parameters are read like a value of a tab-separated file.
    private static string Escaped(string text)
    {
        StringBuilder escaped = new(text.Length);
        foreach (char c in text)
        {
            escaped.Append(c switch { '\\' => "\\\\", '\t' => "\\t", '\n' => "\\n", '\r' => "\\r", '\0' => "\\0", '\b' => "\\b", '\f' => "\\f", '\'' => "\\'", _ => c });
        }

        return escaped.ToString();
    }

    private static object?[] Row(string line, IReadOnlyList<ResultColumn> columns)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        object?[] row = new object?[document.RootElement.GetArrayLength()];
        for (int i = 0; i < row.Length && i < columns.Count; i++)
        {
            row[i] = Value(document.RootElement[i], columns[i].Type);
        }

        return row;
    }

    private static object? Value(JsonElement value, SqlType type)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                return null;
            case JsonValueKind.Array:
                return value.EnumerateArray().Select(item => Value(item, type.Element ?? SqlType.Null)).ToArray();
            case JsonValueKind.True or JsonValueKind.False:
                return value.ValueKind == JsonValueKind.True ? 1L : 0L;
            case JsonValueKind.String when type.IsDate:
                return TimeMath.TryParse(value.GetString()!, out long ms)
                    ? type.Kind == SqlKind.DateTime64 ? ms : ms / 1000
                    : throw new InvalidOperationException("ClickHouse has given a time in another format.");
            case JsonValueKind.String:
                return value.GetString();
            case JsonValueKind.Number when type.Kind == SqlKind.Float:
                return value.GetDouble();
            default:
                if (value.TryGetInt64(out long number))
                {
                    return number;
                }

                return value.TryGetUInt64(out ulong large) ? (object)large : value.GetDouble();
        }
    }

    private static AnalyticsException TookTooLong(AnalyticsLimits limits) => new(
        ErrorCode.QueryExecutionTimeout, $"The query takes longer than {(long)limits.TimeMax.TotalSeconds} seconds; ask for a shorter time, or a table of sums");

    private Exception Refuse(ClickHouseException exception, AnalyticsLimits limits)
    {
        switch (exception.Code)
        {
            case 159 or 394:
                return TookTooLong(limits);
            case 396 when !exception.Message.Contains("rows", StringComparison.OrdinalIgnoreCase):
            case 241:
                return new AnalyticsException(ErrorCode.QueryMemoryLimitExceeded, "The query needs too much memory; ask for a shorter time or fewer groups");
            case 158 or 198 or 396:
                return new AnalyticsException(ErrorCode.QueryRowsLimitExceeded, $"The query gives more than {limits.RowsMax} rows; use LIMIT, or group them");
            case 201 or 202:
                return new AnalyticsException(ErrorCode.QueryQuotaExceeded, "ClickHouse runs as many queries as it may; try again later");
            case 47:
                return AnalyticsException.Query("Unknown identifier in analytics query");
            case 46:
                return AnalyticsException.Query("Unknown function in analytics query");
            case 62:
                return AnalyticsException.Query("Invalid SQL syntax");

            // Types, arguments, values and rules that only the engine knows.
            case 6 or 10 or 27 or 36 or 38 or 41 or 42 or 43 or 44 or 48 or 53 or 69 or 70 or 72 or 125 or 128 or 131 or 135 or 153 or 168 or 179 or 184
                or 190 or 207 or 215 or 321 or 349 or 352 or 386 or 403 or 407 or 457 or 475:
                return AnalyticsException.Query("Invalid analytics query");

            // The user, the database or the server itself.
            case 32 or UnknownTable or 81 or 164 or 192 or 193 or 194 or 209 or 210 or 242 or 497 or 516:
                AnalyticsLog.NotConnected(_logger, $"code {exception.Code}");
                return new AnalyticsException(ErrorCode.AnalyticsConnectionFailed, "Failed to connect to ClickHouse analytics database");
            default:
                // Its message may hold parts of the query, which are not for the log.
                return new InvalidOperationException($"ClickHouse has ended a query with its code {exception.Code}.");
        }
    }
}
