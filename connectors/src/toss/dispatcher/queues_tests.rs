//! Whose turn it is.

use events::ids::{OrderId, RequestId};
use events::payments::PaymentCommand;
use tokio::time::Instant;

use super::{Job, OrderQueues};

fn job(order: &str, step: &str, partition: i32, offset: i64) -> Job {
    let order = OrderId::new(order).unwrap();
    let request = RequestId::derive(&[order.as_str().as_bytes(), step.as_bytes()]);
    let command = PaymentCommand::LookUp { request, order, payment_key: None };
    Job { command, traceparent: None, partition, assignment: 1, offsets: vec![offset], since: Instant::now() }
}

fn turns(queues: &mut OrderQueues) -> Vec<i64> {
    std::iter::from_fn(|| queues.next()).map(|job| job.offsets[0]).collect()
}

#[test]
fn one_command_of_an_order_at_a_time_and_orders_as_they_came() {
    let mut queues = OrderQueues::default();
    queues.push(job("order-a", "1", 0, 0));
    queues.push(job("order-a", "2", 0, 1));
    queues.push(job("order-b", "1", 0, 2));
    assert_eq!(queues.waiting(), 3);
    assert_eq!(turns(&mut queues), [0, 2], "the second of a waits for the first");
    let a = OrderId::new("order-a").unwrap();
    queues.done(&a);
    assert_eq!(turns(&mut queues), [1]);
    queues.done(&a);
    queues.done(&OrderId::new("order-b").unwrap());
    assert_eq!((queues.waiting(), queues.queues.len(), turns(&mut queues).len()), (0, 0, 0), "nothing is kept");
}

#[test]
fn a_repeat_takes_the_place_of_what_has_not_begun() {
    let mut queues = OrderQueues::default();
    queues.push(job("order-a", "1", 0, 0));
    assert_eq!(turns(&mut queues), [0]);
    for offset in 1..4 {
        queues.push(job("order-a", "1", 0, offset));
    }
    queues.push(job("order-a", "2", 0, 4));
    queues.push(job("order-a", "1", 0, 5));
    assert_eq!(queues.waiting(), 3, "1 to 3 are one, 4 is another, 5 comes after it");
    let a = OrderId::new("order-a").unwrap();
    let mut finished = vec![];
    loop {
        queues.done(&a);
        match queues.next() {
            Some(job) => finished.push(job.offsets),
            None => break,
        }
    }
    assert_eq!(finished, [vec![1, 2, 3], vec![4], vec![5]]);
}

#[test]
fn what_waits_goes_with_its_partition() {
    let mut queues = OrderQueues::default();
    queues.push(job("order-a", "1", 0, 0));
    queues.push(job("order-b", "1", 1, 7));
    queues.push(job("order-c", "1", 0, 1));
    let first = queues.next().unwrap();
    queues.push(job("order-a", "2", 0, 2));
    queues.forget(0);
    assert_eq!(queues.waiting(), 1);
    assert_eq!(turns(&mut queues), [7]);
    queues.push(job("order-a", "2", 0, 2));
    assert_eq!(turns(&mut queues), Vec::<i64>::new(), "a is still busy with what had begun");
    queues.done(first.command.order());
    assert_eq!(turns(&mut queues), [2]);
}
