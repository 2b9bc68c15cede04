using Microsoft.Extensions.Logging;

namespace Unkey.Server.Events;

/// <summary>Log messages of the event pipeline. No event data ever appears in one.</summary>
internal static partial class EventLog
{
    /// <summary>Events of an earlier process were found.</summary>
    [LoggerMessage(EventId = 4000, EventName = "EventsRecovered", Level = LogLevel.Information, Message = "Recovered {Events} events of an earlier run from its rings")]
    public static partial void Recovered(ILogger logger, long events);

    /// <summary>A ring ends before its tail.</summary>
    [LoggerMessage(EventId = 4001, Level = LogLevel.Warning, Message = "The ring {Path} holds {Bytes} bytes that are not whole events: the machine stopped before they were on the disk")]
    public static partial void Torn(ILogger logger, string path, long bytes);

    /// <summary>A ring file is not a ring.</summary>
    [LoggerMessage(EventId = 4002, Level = LogLevel.Warning, Message = "The file {Path} is no ring of this version and was removed")]
    public static partial void NoRing(ILogger logger, string path);

    /// <summary>A sealed batch cannot be read.</summary>
    [LoggerMessage(EventId = 4003, EventName = "BatchDamaged", Level = LogLevel.Error, Message = "A sealed batch of events is damaged and was set aside as {Path}")]
    public static partial void Damaged(ILogger logger, string path);

    /// <summary>A sealed batch cannot be found.</summary>
    [LoggerMessage(EventId = 4004, Level = LogLevel.Error, Message = "A sealed batch of events is gone: somebody removed {Path}")]
    public static partial void Gone(ILogger logger, string path);

    /// <summary>The sink refuses a batch and takes others.</summary>
    [LoggerMessage(EventId = 4005, Level = LogLevel.Error, Message = "{Sink} takes other batches and refused one of {Events} events {Attempts} times, which was set aside as {Path}: {Reason}")]
    public static partial void Rejected(ILogger logger, string sink, int events, int attempts, string path, string reason);

    /// <summary>The sink refuses a batch and takes others, and there is no room to keep it.</summary>
    [LoggerMessage(
        EventId = 4006,
        Level = LogLevel.Error,
        Message = "{Sink} takes other batches and refused one of {Events} events {Attempts} times, which was removed, because rejected batches have taken their part of the spool: {Reason}")]
    public static partial void RejectedAndRemoved(ILogger logger, string sink, int events, int attempts, string reason);

    /// <summary>The sink takes nothing.</summary>
    [LoggerMessage(EventId = 4010, Level = LogLevel.Warning, Message = "Events wait, because {Sink} does not take them: {Reason}")]
    public static partial void SinkDown(ILogger logger, string sink, string reason);

    /// <summary>The sink takes batches again.</summary>
    [LoggerMessage(EventId = 4011, Level = LogLevel.Information, Message = "{Sink} takes events again; {Batches} batches wait")]
    public static partial void SinkUp(ILogger logger, string sink, int batches);

    /// <summary>The sink is too slow.</summary>
    [LoggerMessage(EventId = 4017, Level = LogLevel.Warning, Message = "Events come faster than {Sink} takes them: {Batches} batches wait, and more each minute. Give it a faster disk, or have"
        + " events go to ClickHouse (--clickhouse) or a larger one")]
    public static partial void SinkSlow(ILogger logger, string sink, int batches);

    /// <summary>The backlog is gone.</summary>
    [LoggerMessage(EventId = 4018, Level = LogLevel.Information, Message = "{Sink} has caught up with the events")]
    public static partial void SinkCaughtUp(ILogger logger, string sink);

    /// <summary>A batch could not be sealed.</summary>
    [LoggerMessage(EventId = 4012, Level = LogLevel.Error, Message = "Events stay in the rings, because the spool cannot be written: {Reason}")]
    public static partial void SpoolDown(ILogger logger, string reason);

    /// <summary>Batches are sealed again.</summary>
    [LoggerMessage(EventId = 4013, Level = LogLevel.Information, Message = "The spool can be written again")]
    public static partial void SpoolUp(ILogger logger);

    /// <summary>The spool is full.</summary>
    [LoggerMessage(EventId = 4014, Level = LogLevel.Error, Message = "The spool holds {Bytes} bytes and takes no more: new events are dropped until the sink has taken some")]
    public static partial void SpoolFull(ILogger logger, long bytes);

    /// <summary>The spool has room again.</summary>
    [LoggerMessage(EventId = 4015, Level = LogLevel.Information, Message = "The spool has room again; {Dropped} events were dropped so far")]
    public static partial void SpoolHasRoom(ILogger logger, long dropped);

    /// <summary>The outlet loses lines.</summary>
    [LoggerMessage(EventId = 4020, Level = LogLevel.Warning, Message = "Events are not written to {Target}, only to the event store: {Reason}")]
    public static partial void OutletDown(ILogger logger, string target, string reason);

    /// <summary>The outlet takes lines again.</summary>
    [LoggerMessage(EventId = 4021, Level = LogLevel.Information, Message = "{Target} takes events again; {Lost} of them are missing there")]
    public static partial void OutletUp(ILogger logger, string target, long lost);

    /// <summary>The server stops and the outlet does not.</summary>
    [LoggerMessage(EventId = 4022, Level = LogLevel.Warning, Message = "{Target} did not take its last events in time; {Events} and those under way are missing there")]
    public static partial void OutletAbandoned(ILogger logger, string target, long events);

    /// <summary>A thread of the pipeline failed in a way that nobody foresaw.</summary>
    [LoggerMessage(EventId = 4016, EventName = "PipelineFault", Level = LogLevel.Error, Message = "Unexpected fault in the event pipeline; it goes on")]
    public static partial void Fault(ILogger logger, System.Exception exception);
}
